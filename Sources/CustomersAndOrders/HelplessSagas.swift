internal import Contracts
internal import Orders
package import Tram
internal import TramSQLite
internal import TramWorkbench

/// A saga that will not move unless somebody helps.
package struct HelplessSaga: Hashable, Sendable {
    package let order: Int
    package let need: Need

    package init(order: Int, need: Need) {
        self.order = order
        self.need = need
    }

    /// Why it does not move.
    package enum Need: Hashable, Sendable {
        /// Nothing is on its way that it waits for.
        case stuck
        /// The program does not know its definition, its step or its data; with what it does not know.
        case stranded(String)
        /// It was to be rolled back, and this step was not undone; nil when it cannot be told.
        case failed(step: String?)
    }
}

extension CustomersAndOrders {
    /// The sagas of pending orders that are stuck or stranded, and those that have failed, by order.
    package func helplessSagas(
        _ availability: Availability = Availability()
    ) throws -> [HelplessSaga] {
        let waiting = try helplessSagasOfPendingOrders(availability)
        let named = Set(waiting.map(\.order))
        let failed = try failedSagas(availability).filter { !named.contains($0.order) }
        return (waiting + failed).sorted { $0.order < $1.order }
    }

    /// Whether an order is pending, and nothing will decide it unless somebody helps its saga.
    package func needsHelp(
        order id: Int, _ availability: Availability = Availability()
    ) throws -> Bool {
        let order = try orders.order(id)
        guard order.state == .pending else { return false }
        if let sagaID = order.sagaID {
            let saga = try orderStore.read { try orders.sagas.inspect(sagaID, in: $0) }
            if case .failed? = saga.overview?.state { return true }
            if saga.stranded != nil || !saga.damage.isEmpty { return true }
        }
        return try wait(of: order, availability).isStuck
    }

    private func helplessSagasOfPendingOrders(
        _ availability: Availability
    ) throws -> [HelplessSaga] {
        let pending = OrderFilter(state: .pending)
        var helpless: [HelplessSaga] = []
        var deliveries: [Int: [OutstandingDelivery]]?
        var last = 0
        while true {
            let page = try availability.attempt(orderStore) { _ in
                try orders.orders(pending, after: last, limit: pageSize)
            }
            guard let page, let end = page.last else { return helpless }
            let known = try deliveries ?? outstandingDeliveriesByOrder(availability)
            deliveries = known
            for order in page {
                if let need = try need(of: order, known[order.id] ?? [], availability) {
                    helpless.append(HelplessSaga(order: order.id, need: need))
                }
            }
            last = end.id
        }
    }

    private func need(
        of order: Order, _ deliveries: [OutstandingDelivery], _ availability: Availability
    ) throws -> HelplessSaga.Need? {
        if let sagaID = order.sagaID {
            let saga = try orderStore.read { try orders.sagas.inspect(sagaID, in: $0) }
            if let stranded = saga.stranded { return .stranded(stranded.detail) }
        }
        let isStuck = try deliveries.isEmpty && wait(of: order, availability).isStuck
        return isStuck ? .stuck : nil
    }

    /// The sagas that have failed and may be helped, whatever has become of their orders.
    private func failedSagas(_ availability: Availability) throws -> [HelplessSaga] {
        var helpless: [HelplessSaga] = []
        var last: SagaReference?
        while true {
            let page = try availability.attempt(orderStore) {
                try $0.read { transaction in
                    try Sagas.failed(
                        ofType: CreateOrderSaga.sagaType, after: last, limit: pageSize,
                        in: transaction
                    ).map { try orders.sagas.inspect($0.id, in: transaction) }
                }
            }
            guard let page, let end = page.last else { return helpless }
            for saga in page {
                guard let order = try orders.order(orchestratedBy: saga.reference.id) else {
                    continue
                }
                let need =
                    saga.stranded.map { HelplessSaga.Need.stranded($0.detail) }
                    ?? .failed(step: saga.overview?.state.step)
                helpless.append(HelplessSaga(order: order.id, need: need))
            }
            last = end.reference
        }
    }
}
