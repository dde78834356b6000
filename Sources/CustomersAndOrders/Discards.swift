internal import Contracts
internal import Tram

/// The deliveries that operators have discarded, and what they were about.
struct Discards {
    /// The orders that a service was not told of, by service.
    private var orders: [String: Set<Int>] = [:]
    /// The same of customers.
    private var customers: [String: Set<Int>] = [:]
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
            if let customer = Int(partition) { customers[subscriber, default: []].insert(customer) }
            if let answer = try? WireFormat.decode(Answer.self, from: payload) {
                orders[subscriber, default: []].insert(answer.orderId)
            }
        default:
            if let order = orderOfSaga[partition] { orders[subscriber, default: []].insert(order) }
        }
    }

    func contains(_ message: MessageID, at service: String) -> Bool {
        deliveries[service]?.contains(message) ?? false
    }

    func concern(order id: Int, at service: String) -> Bool {
        orders[service]?.contains(id) ?? false
    }

    func concern(customer id: Int, at service: String) -> Bool {
        customers[service]?.contains(id) ?? false
    }
}
