internal import Contracts
package import Orders
package import Tram
internal import TramSQLite

/// The saga that decides about an order, of either kind.
package struct OrderSaga: Sendable {
    package let order: Order
    /// `running`, `compensating`, `completed`, `rolled-back`, `failed`, `stranded` or `damaged`.
    package let state: String
    /// The step under way, of an orchestrated saga.
    package let step: String?
    package let wait: OrderWait
    /// What the services have told one another because of the order, by service and number.
    package let messages: [MessageHeading]
    /// The version of the definition that an orchestrated saga was started with; nil when that was
    /// before there were versions.
    package var version: Int?
    /// What an orchestrated saga's definition says; nil for a choreographed one, which has none.
    package let definition: SagaDefinition?
    /// What has happened to an orchestrated saga; empty once it was purged.
    package let log: [SagaLogEntry]
    /// What is wrong with the rows of an orchestrated saga, a phrase for each fault; and what the
    /// program does not know any more of a stranded one.
    package let damage: [String]
    /// Whether an orchestrated saga has ended, and its instance and log are gone.
    package var isPurged = false
    /// Whether an operator has given an orchestrated saga up.
    package var isAbandoned = false
}

extension CustomersAndOrders {
    /// The saga of an order.
    ///
    /// - Throws: `OrderError.notFound`.
    package func saga(
        ofOrder id: Int, _ availability: Availability = Availability()
    ) throws -> OrderSaga {
        let order = try orders.order(id)
        let messages = try messagesByOrder(availability)[id] ?? []
        return try saga(of: order, messages: messages, wait(of: order, availability))
    }

    /// The sagas of all orders, by order.
    package func sagas(_ availability: Availability = Availability()) throws -> [OrderSaga] {
        let messages = try messagesByOrder(availability)
        let deliveries = try outstandingDeliveriesByOrder(availability)
        var sagas: [OrderSaga] = []
        var last = 0
        while true {
            let page = try orders.orders(after: last, limit: pageSize)
            guard let end = page.last else { return sagas }
            let waits = try waits(of: page, deliveries, availability)
            for order in page {
                sagas.append(
                    try saga(
                        of: order, messages: messages[order.id] ?? [],
                        waits[order.id] ?? OrderWait()))
            }
            last = end.id
        }
    }

    /// The name of the step that an order's orchestrator has under way; nil when there is none, or when
    /// the saga cannot be read.
    package func sagaStep(of order: Order) throws -> String? {
        guard let sagaID = order.sagaID else { return nil }
        let saga = try orderStore.read { try orders.sagas.inspect(sagaID, in: $0) }
        return saga.overview?.state.step
    }

    /// What is wrong when a saga's data can be read, and is about another order; else nil.
    func fault(inDataOf saga: SagaOverview, ofOrder id: Int) -> String? {
        struct Data: Decodable {
            let orderId: Int
        }
        guard let told = try? WireFormat.decode(Data.self, from: saga.data), told.orderId != id
        else { return nil }
        return "its data is about order \(told.orderId)"
    }

    private func saga(
        of order: Order, messages: [MessageHeading], _ wait: OrderWait
    ) throws -> OrderSaga {
        guard let sagaID = order.sagaID else {
            return OrderSaga(
                order: order, state: stateTold(by: order.state), step: nil,
                wait: wait, messages: messages, definition: nil, log: [], damage: [])
        }
        let definition = orders.sagas.definition
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        if try orderStore.read({ try Sagas.isPurged(reference, in: $0) }) {
            return OrderSaga(
                order: order, state: stateTold(by: order.state), step: nil, wait: wait,
                messages: messages, definition: definition, log: [], damage: [], isPurged: true)
        }
        let saga = try orderStore.read { try orders.sagas.inspect(sagaID, in: $0) }
        let fault =
            saga.isAbandoned
            ? nil : saga.overview.flatMap { self.fault(inDataOf: $0, ofOrder: order.id) }
        let damage = saga.damage + [fault].compactMap { $0 }
        let state: String? =
            if !damage.isEmpty { "damaged" } else if saga.stranded != nil { "stranded" } else {
                saga.overview.map { word(for: $0.state) }
            }
        return OrderSaga(
            order: order, state: state ?? "damaged", step: saga.overview?.state.step, wait: wait,
            messages: messages, version: saga.overview?.version,
            definition: saga.definition ?? definition, log: saga.log,
            damage: damage + [saga.stranded?.detail].compactMap { $0 },
            isAbandoned: saga.isAbandoned)
    }

    private func messagesByOrder(
        _ availability: Availability
    ) throws -> [Int: [MessageHeading]] {
        var messages: [Int: [MessageHeading]] = [:]
        for source in [service(ServiceName.order), service(ServiceName.customer)] {
            var after = 0
            while true {
                let page = try availability.attempt(source.store) {
                    try $0.read { try Outbox($0).messages(after: after, limit: pageSize) }
                }
                guard let page, let last = page.last else { break }
                for entry in page {
                    guard let id = try orderID(of: entry.message) else { continue }
                    messages[id, default: []].append(entry.message.heading)
                }
                after = last.message.id.number
            }
        }
        return messages
    }

    /// The state of a saga of which only the order tells: a choreographed one, or one that was purged.
    func stateTold(by state: OrderState) -> String {
        switch state {
        case .pending: "running"
        case .approved, .cancelled: "completed"
        case .rejected: "rolled-back"
        }
    }

    func word(for state: SagaState) -> String {
        switch state {
        case .running: "running"
        case .compensating: "compensating"
        case .completed: "completed"
        case .rolledBack: "rolled-back"
        case .failed: "failed"
        }
    }
}
