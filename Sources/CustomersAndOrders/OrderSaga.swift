internal import Contracts
package import Orders
package import Tram
internal import TramSQLite

/// The saga that decides about an order, of either kind.
package struct OrderSaga: Sendable {
    package let order: Order
    /// `running`, `compensating`, `completed`, `rolled-back` or `failed`.
    package let state: String
    /// The step under way, of an orchestrated saga.
    package let step: String?
    package let waitingFor: [OutstandingDelivery]
    /// What the services have told one another because of the order, by service and number.
    package let messages: [MessageHeading]
    /// What an orchestrated saga's definition says; nil for a choreographed one, which has none.
    package let definition: SagaDefinition?
    /// What has happened to an orchestrated saga; empty once it was purged.
    package let log: [SagaLogEntry]
    /// Whether an orchestrated saga has ended, and its instance and log are gone.
    package var isPurged = false
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
        return try saga(
            of: order, messages: messages,
            waitingFor: outstandingDeliveries(for: order, availability))
    }

    /// The sagas of all orders, by order.
    package func sagas(_ availability: Availability = Availability()) throws -> [OrderSaga] {
        let messages = try messagesByOrder(availability)
        let waiting = try outstandingDeliveriesByOrder(availability)
        var sagas: [OrderSaga] = []
        var last = 0
        while true {
            let page = try orders.orders(after: last, limit: pageSize)
            guard let end = page.last else { return sagas }
            for order in page {
                sagas.append(
                    try saga(
                        of: order, messages: messages[order.id] ?? [],
                        waitingFor: order.isWaiting ? waiting[order.id] ?? [] : []))
            }
            last = end.id
        }
    }

    /// The name of the step that an order's orchestrator has under way; nil when there is none.
    package func sagaStep(of order: Order) throws -> String? {
        guard let sagaID = order.sagaID else { return nil }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        return try orderStore.read { try Sagas.overview(of: reference, in: $0) }?.state.step.map {
            orders.sagas.definition.name(ofStep: $0)
        }
    }

    /// Takes up a failed saga where it stands.
    ///
    /// - Returns: what came of it, and what was sent.
    /// - Throws: ``SagaRetryError``, `OrderError.notFound`.
    package func retrySaga(
        ofOrder id: Int
    ) throws -> (effects: [String], published: [MessageHeading]) {
        let order = try orders.order(id)
        guard let sagaID = order.sagaID else { throw SagaRetryError.choreographed(order: id) }
        return try orderStore.write { transaction in
            let outbox = Outbox(transaction)
            let newest = try outbox.highestNumber()
            do {
                let effects = try orders.sagas.retry(sagaID, in: transaction)
                return (effects, try outbox.headings(after: newest))
            } catch SagaError.notFailed(_, let state) {
                throw SagaRetryError.notFailed(order: id, state: word(for: state))
            } catch SagaError.notFound(let reference) {
                if try Sagas.isPurged(reference, in: transaction) {
                    throw SagaRetryError.notFailed(
                        order: id, state: stateTold(by: order.state))
                }
                throw StoreError.unexpectedRow("order \(id) has no saga \(reference)")
            }
        }
    }

    private func saga(
        of order: Order, messages: [MessageHeading], waitingFor: [OutstandingDelivery]
    ) throws -> OrderSaga {
        guard let sagaID = order.sagaID else {
            return OrderSaga(
                order: order, state: stateTold(by: order.state), step: nil,
                waitingFor: waitingFor, messages: messages, definition: nil, log: [])
        }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        return try orderStore.read { transaction in
            let definition = orders.sagas.definition
            guard let overview = try Sagas.overview(of: reference, in: transaction) else {
                guard try Sagas.isPurged(reference, in: transaction) else {
                    throw StoreError.unexpectedRow("order \(order.id) has no saga \(reference)")
                }
                return OrderSaga(
                    order: order, state: stateTold(by: order.state), step: nil,
                    waitingFor: waitingFor, messages: messages, definition: definition, log: [],
                    isPurged: true)
            }
            return OrderSaga(
                order: order, state: word(for: overview.state),
                step: overview.state.step.map(definition.name),
                waitingFor: waitingFor, messages: messages, definition: definition,
                log: try Sagas.log(of: reference, in: transaction))
        }
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
    private func stateTold(by state: OrderState) -> String {
        switch state {
        case .pending: "running"
        case .approved, .cancelled: "completed"
        case .rejected: "rolled-back"
        }
    }

    private func word(for state: SagaState) -> String {
        switch state {
        case .running: "running"
        case .compensating: "compensating"
        case .completed: "completed"
        case .rolledBack: "rolled-back"
        case .failed: "failed"
        }
    }
}

/// Why a saga was not taken up again.
package enum SagaRetryError: Error, Hashable, Sendable {
    case choreographed(order: Int)
    case notFailed(order: Int, state: String)
}
