internal import Contracts
internal import Tram

/// The deliveries that operators have discarded, and what they were about.
struct Discards {
    /// The orders that a service was not told of, by service.
    private var orders: [String: Set<Int>] = [:]
    /// The same of customers.
    private var customers: [String: Set<Int>] = [:]
    /// By service: the customers of whom an answer about one of their orders was discarded that cannot
    /// be read. It may be about any of them.
    private var unreadable: [String: Set<Int>] = [:]
    private var customerOfOrder: [Int: Int] = [:]
    private var deliveries: [String: Set<MessageID>] = [:]
    /// The messages of which a delivery was discarded or given another payload.
    private(set) var decided: Set<MessageID> = []
    private(set) var orderOfSaga: [String: Int] = [:]

    /// Nothing was discarded.
    init() {}

    /// Reads the facts.
    ///
    /// - Parameter views: in the order customers, orders, history.
    init(_ views: [any Transaction]) throws {
        for row in try views[1].rows("SELECT saga_id, id FROM orders WHERE saga_id IS NOT NULL") {
            let (saga, order): (String, Int) = try row.values()
            orderOfSaga[saga] = order
        }
        for view in views {
            for row in try view.rows("SELECT message_id FROM delivery_edit") {
                decided.insert(MessageID(service: view.storeName, number: try row.values()))
            }
            let rows = try view.rows(
                """
                SELECT message_id, consumer_id, destination, partition_id, payload
                FROM discarded_delivery
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
        let (number, subscriber, channel, partition, payload):
            (Int, String, String, String, String) =
                try row.values()
        let id = MessageID(service: source, number: number)
        deliveries[subscriber, default: []].insert(id)
        decided.insert(id)
        struct Answer: Decodable {
            let orderId: Int
        }
        switch channel {
        case Channel.order:
            if let order = Int(partition) { orders[subscriber, default: []].insert(order) }
        case Channel.customer:
            guard let customer = Int(partition) else { return }
            customers[subscriber, default: []].insert(customer)
            if let answer = try? WireFormat.decode(Answer.self, from: payload) {
                orders[subscriber, default: []].insert(answer.orderId)
            } else {
                unreadable[subscriber, default: []].insert(customer)
            }
        default:
            if let order = orderOfSaga[partition] { orders[subscriber, default: []].insert(order) }
        }
    }

    func contains(_ message: MessageID, at service: String) -> Bool {
        deliveries[service]?.contains(message) ?? false
    }

    func concern(order id: Int, at service: String) -> Bool {
        if orders[service]?.contains(id) ?? false { return true }
        guard let unreadable = unreadable[service], let customer = customerOfOrder[id] else {
            return false
        }
        return unreadable.contains(customer)
    }

    func concern(customer id: Int, at service: String) -> Bool {
        customers[service]?.contains(id) ?? false
    }
}
