internal import Contracts
internal import Orders
internal import Tram

/// What operators have decided about deliveries, and what these were about: those that were discarded,
/// and those that got another payload than was sent. And the sagas that they have helped.
struct OperatorDecisions {
    /// What was not told as the sender says.
    private var told = Subjects()
    /// What was told with another payload.
    private var toldOtherwise = Subjects()
    private var customerOfOrder: [Int: Int] = [:]
    private var discarded: [String: Set<MessageID>] = [:]
    /// The messages about which it was decided.
    private(set) var messages: Set<MessageID> = []
    private(set) var orderOfSaga: [String: Int] = [:]
    /// By order: what decisions about its saga can have left.
    private var left: [Int: Set<OrderFault>] = [:]

    /// The orders and customers that deliveries were about, by the service that was to hear of them.
    private struct Subjects {
        var orders: [String: Set<Int>] = [:]
        var customers: [String: Set<Int>] = [:]
        /// The customers of whom an answer about one of their orders cannot be read. It may be about any
        /// of them.
        var unreadable: [String: Set<Int>] = [:]

        mutating func formUnion(_ other: Subjects) {
            orders.merge(other.orders) { $0.union($1) }
            customers.merge(other.customers) { $0.union($1) }
            unreadable.merge(other.unreadable) { $0.union($1) }
        }

        func contain(order: Int, ofCustomer customer: Int?, at service: String) -> Bool {
            // Also what nobody receives.
            [service, ""].contains { service in
                if orders[service]?.contains(order) ?? false { return true }
                guard let unreadable = unreadable[service], let customer else { return false }
                return unreadable.contains(customer)
            }
        }
    }

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
        try readSagaDecisions(views)
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
        if told.unreadable.isEmpty { return }
        for row in try views[1].rows("SELECT id, customer_id FROM orders") {
            let (order, customer): (Int, Int) = try row.values()
            customerOfOrder[order] = customer
        }
    }

    private mutating func readSagaDecisions(_ views: [any Transaction]) throws {
        let records = try Sagas.decisions(in: views[1]).filter {
            $0.saga.type == CreateOrderSaga.sagaType
        }
        if records.isEmpty { return }
        let reserved = Set(
            try views[0].rows(
                """
                SELECT DISTINCT partition_id FROM message
                WHERE destination = \(CreateOrderSaga.replyChannel)
                    AND type = \(CustomerCreditReserved.replyType)
                """
            ).map { row in
                let saga: String = try row.values()
                return saga
            })
        for record in records {
            guard let order = orderOfSaga[record.saga.id] else { continue }
            left[order, default: []].formUnion(
                record.leaves(isReserved: reserved.contains(record.saga.id)))
        }
    }

    private mutating func add(_ row: Row, from source: String) throws {
        let (number, subscriber, channel, partition, payload, isDiscarded):
            (Int, String, String, String, String, Int) = try row.values()
        let id = MessageID(service: source, number: number)
        messages.insert(id)
        let subjects = subjects(subscriber, channel, partition, payload)
        told.formUnion(subjects)
        if isDiscarded == 1 {
            discarded[subscriber, default: []].insert(id)
        } else {
            toldOtherwise.formUnion(subjects)
        }
    }

    private func subjects(
        _ subscriber: String, _ channel: String, _ partition: String, _ payload: String
    ) -> Subjects {
        struct Told: Decodable {
            let orderId: Int
        }
        var subjects = Subjects()
        let told = try? WireFormat.decode(Told.self, from: payload)
        if let told { subjects.orders[subscriber, default: []].insert(told.orderId) }
        switch channel {
        case Channel.order:
            if let order = Int(partition) {
                subjects.orders[subscriber, default: []].insert(order)
            }
        case Channel.customer:
            guard let customer = Int(partition) else { return subjects }
            subjects.customers[subscriber] = [customer]
            if told == nil { subjects.unreadable[subscriber] = [customer] }
        default:
            if let order = orderOfSaga[partition] {
                subjects.orders[subscriber, default: []].insert(order)
            }
        }
        return subjects
    }

    /// Whether a delivery was discarded.
    func discards(_ message: MessageID, at service: String) -> Bool {
        discarded[service]?.contains(message) ?? false
    }

    /// Whether a decision about an order's saga can have left this.
    func leave(_ fault: OrderFault, ofOrder id: Int) -> Bool { left[id]?.contains(fault) ?? false }

    /// Whether a decision is about an order, at a service or about a message that nobody receives.
    func concern(order id: Int, at service: String) -> Bool {
        told.contain(order: id, ofCustomer: customerOfOrder[id], at: service)
    }

    /// Whether a service, or nobody, was told otherwise about an order than the sender says.
    func edit(order id: Int, at service: String) -> Bool {
        toldOtherwise.contain(order: id, ofCustomer: customerOfOrder[id], at: service)
    }

    /// Whether a decision is about a customer.
    func concern(customer id: Int, at service: String) -> Bool {
        [service, ""].contains { told.customers[$0]?.contains(id) ?? false }
    }
}
