internal import Contracts
internal import Tram

/// What operators have decided about deliveries, and what these were about: those that were discarded,
/// and those that got another payload than was sent. And the sagas that they have helped.
struct OperatorDecisions {
    /// The orders of which a service was not told, or otherwise than the sender says, by service.
    private var orders: [String: Set<Int>] = [:]
    /// The same of customers.
    private var customers: [String: Set<Int>] = [:]
    /// By service: the customers of whom an answer about one of their orders cannot be read. It may be
    /// about any of them.
    private var unreadable: [String: Set<Int>] = [:]
    private var customerOfOrder: [Int: Int] = [:]
    private var discarded: [String: Set<MessageID>] = [:]
    /// The messages about which it was decided.
    private(set) var messages: Set<MessageID> = []
    private(set) var orderOfSaga: [String: Int] = [:]
    /// The orders whose saga was led otherwise than its definition says.
    private var led: Set<Int> = []

    /// Nothing was decided.
    init() {}

    /// Reads the facts.
    ///
    /// - Parameter views: in the order customers, orders, history.
    init(_ views: [any Transaction]) throws {
        for row in try views[1].rows("SELECT saga_id, id FROM orders WHERE saga_id IS NOT NULL") {
            let (saga, order): (String, Int) = try row.values()
            orderOfSaga[saga] = order
        }
        // A compensation that was sent again is as the definition says.
        for record in try Sagas.decisions(in: views[1]) where record.decision != .retry {
            if let order = orderOfSaga[record.saga.id] { led.insert(order) }
        }
        for view in views {
            let rows = try view.rows(
                """
                SELECT message_id, consumer_id, destination, partition_id, payload, 1
                FROM discarded_delivery
                UNION ALL
                SELECT message_id, consumer_id, destination, partition_id, payload, 0
                FROM delivery_edit
                UNION ALL
                SELECT message_id, consumer_id, destination, partition_id, sent_payload, 0
                FROM delivery_edit
                """)
            for row in rows { try add(row, from: view.storeName) }
        }
        if unreadable.isEmpty { return }
        for row in try views[1].rows("SELECT id, customer_id FROM orders") {
            let (order, customer): (Int, Int) = try row.values()
            customerOfOrder[order] = customer
        }
    }

    private mutating func add(_ row: Row, from source: String) throws {
        let (number, subscriber, channel, partition, payload, isDiscarded):
            (Int, String, String, String, String, Int) = try row.values()
        let id = MessageID(service: source, number: number)
        if isDiscarded == 1 { discarded[subscriber, default: []].insert(id) }
        messages.insert(id)
        struct Told: Decodable {
            let orderId: Int
        }
        let told = try? WireFormat.decode(Told.self, from: payload)
        if let told { orders[subscriber, default: []].insert(told.orderId) }
        switch channel {
        case Channel.order:
            if let order = Int(partition) { orders[subscriber, default: []].insert(order) }
        case Channel.customer:
            guard let customer = Int(partition) else { return }
            customers[subscriber, default: []].insert(customer)
            if told == nil { unreadable[subscriber, default: []].insert(customer) }
        default:
            if let order = orderOfSaga[partition] { orders[subscriber, default: []].insert(order) }
        }
    }

    /// Whether a delivery was discarded.
    func discards(_ message: MessageID, at service: String) -> Bool {
        discarded[service]?.contains(message) ?? false
    }

    /// Whether an operator has led an order's saga otherwise than its definition says.
    func lead(order id: Int) -> Bool { led.contains(id) }

    /// Whether a decision is about an order, at a service or about a message that nobody receives.
    func concern(order id: Int, at service: String) -> Bool {
        [service, ""].contains { service in
            if orders[service]?.contains(id) ?? false { return true }
            guard let unreadable = unreadable[service], let customer = customerOfOrder[id] else {
                return false
            }
            return unreadable.contains(customer)
        }
    }

    /// The same of a customer.
    func concern(customer id: Int, at service: String) -> Bool {
        [service, ""].contains { customers[$0]?.contains(id) ?? false }
    }
}
