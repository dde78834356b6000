internal import Contracts
package import Orders
package import Tram
internal import TramSQLite
internal import TramWorkbench

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

/// The messages about orders, and what of them has not been delivered, by the order's id.
package struct OrderTraffic: Sendable {
    fileprivate let messages: [Int: [MessageHeading]]
    fileprivate let deliveries: [Int: [OutstandingDelivery]]
}

extension CustomersAndOrders {
    /// The saga of an order.
    ///
    /// - Throws: `OrderError.notFound`.
    package func saga(
        ofOrder id: Int, _ availability: Availability = Availability()
    ) throws -> OrderSaga {
        let order = try orders.order(id)
        let messages = try messages(about: order, availability)
        return try saga(of: order, messages: messages, wait(of: order, availability))
    }

    /// The sagas of all orders, by order.
    package func sagas(_ availability: Availability = Availability()) throws -> [OrderSaga] {
        let traffic = try traffic(availability)
        var sagas: [OrderSaga] = []
        while true {
            let page = try self.sagas(after: sagas.last?.order.id ?? 0, traffic, availability)
            if page.isEmpty { return sagas }
            sagas += page
        }
    }

    /// The next page of them: ``pageSize``, if there are so many.
    ///
    /// - Parameter id: only those of later orders.
    package func sagas(
        after id: Int, _ traffic: OrderTraffic, _ availability: Availability = Availability()
    ) throws -> [OrderSaga] {
        let page = try orders.orders(after: id, limit: pageSize)
        let waits = try waits(of: page, traffic.deliveries, availability)
        return try page.map { order in
            try saga(
                of: order, messages: traffic.messages[order.id] ?? [],
                waits[order.id] ?? OrderWait())
        }
    }

    /// What the outboxes tell of all orders, by the order's id: read once for a whole list.
    package func traffic(_ availability: Availability = Availability()) throws -> OrderTraffic {
        OrderTraffic(
            messages: try messagesByOrder(availability),
            deliveries: try outstandingDeliveriesByOrder(availability))
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

    /// The messages about an order, as ``messagesByOrder(_:)`` has them.
    private func messages(
        about order: Order, _ availability: Availability
    ) throws -> [MessageHeading] {
        let partitions: [(store: SQLiteStore, channel: String, id: String)]
        if let saga = order.sagaID {
            partitions = [
                (orderStore, Channel.order, "\(order.id)"),
                (orderStore, CommandChannel.customerService.name, saga),
                (customerStore, CreateOrderSaga.replyChannel, saga),
                (customerStore, Channel.customer, "\(order.customerID)"),
            ]
        } else {
            partitions = [
                (orderStore, Channel.order, "\(order.id)"),
                (customerStore, Channel.customer, "\(order.customerID)"),
            ]
        }
        return try [orderStore, customerStore].flatMap { store in
            let own = partitions.filter { $0.store === store }
            let messages = try availability.attempt(store) {
                try $0.read { transaction in
                    try own.flatMap {
                        try Outbox(transaction).messages(
                            destination: $0.channel, partitionID: $0.id)
                    }
                }
            }
            return try (messages ?? []).filter { try orderID(of: $0) == order.id }
                .map(\.heading).sorted { $0.id.number < $1.id.number }
        }
    }

    private func messagesByOrder(
        _ availability: Availability
    ) throws -> [Int: [MessageHeading]] {
        var messages: [Int: [MessageHeading]] = [:]
        for source in [
            workbench.service(ServiceName.order), workbench.service(ServiceName.customer),
        ] {
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
