internal import Contracts
internal import Orders
package import Tram
internal import TramSQLite

/// An orchestrated saga that will not move unless somebody helps.
package struct HelplessSaga: Sendable {
    package let order: Int
    /// Why it is stranded; nil when it is stuck: nothing is on its way that it waits for.
    package let stranded: String?
}

extension CustomersAndOrders {
    /// The sagas of pending orders that are stuck or stranded, by order.
    package func helplessSagas(
        _ availability: Availability = Availability()
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
                if let saga = try helplessSaga(of: order, known[order.id] ?? [], availability) {
                    helpless.append(saga)
                }
            }
            last = end.id
        }
    }

    private func helplessSaga(
        of order: Order, _ deliveries: [OutstandingDelivery], _ availability: Availability
    ) throws -> HelplessSaga? {
        if let sagaID = order.sagaID {
            let saga = try orderStore.read { try orders.sagas.inspect(sagaID, in: $0) }
            if let stranded = saga.stranded {
                return HelplessSaga(order: order.id, stranded: stranded.detail)
            }
        }
        guard deliveries.isEmpty, try wait(of: order, availability).isStuck else { return nil }
        return HelplessSaga(order: order.id, stranded: nil)
    }
}
