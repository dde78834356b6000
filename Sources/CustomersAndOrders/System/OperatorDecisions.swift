internal import Contracts
internal import Orders
internal import Tram
internal import TramWorkbench

/// What operators' decisions about deliveries and sagas were about: the orders and customers of deliveries
/// that were discarded or got another payload than was sent, and the orders whose sagas they have helped.
struct OperatorDecisions {
    /// What was not told as the sender says.
    private var told = Subjects()
    /// What was told with another payload.
    private var toldOtherwise = Subjects()
    private var customerOfOrder: [Int: Int] = [:]
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

    /// Reads what the decisions are about.
    init(_ losses: Losses, _ views: Views) throws {
        let customers = try views[ServiceName.customer]
        let orders = try views[ServiceName.order]
        for row in try orders.rows("SELECT saga_id, id FROM orders WHERE saga_id IS NOT NULL") {
            let (saga, order): (String, Int) = try row.values()
            orderOfSaga[saga] = order
        }
        try readSagaDecisions(losses, customers)
        for delivery in losses.deliveries { add(delivery) }
        if told.unreadable.isEmpty { return }
        for row in try orders.rows("SELECT id, customer_id FROM orders") {
            let (order, customer): (Int, Int) = try row.values()
            customerOfOrder[order] = customer
        }
    }

    private mutating func readSagaDecisions(
        _ losses: Losses, _ customers: any Transaction
    ) throws {
        let records = (losses.sagas[ServiceName.order] ?? []).filter {
            $0.saga.type == CreateOrderSaga.sagaType
        }
        if records.isEmpty { return }
        let reserved = Set(
            try customers.rows(
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

    private mutating func add(_ delivery: DecidedDelivery) {
        for payload in delivery.payloads {
            let subjects = subjects(
                delivery.subscriber, delivery.channel, delivery.partitionID, payload)
            told.formUnion(subjects)
            if !delivery.isDiscarded { toldOtherwise.formUnion(subjects) }
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
