internal import Contracts
package import Orders
package import Tram
internal import TramSQLite
internal import TramWorkbench

/// What an order waits for.
package struct OrderWait: Hashable, Sendable {
    package let deliveries: [OutstandingDelivery]
    /// Whether the order is not decided, and nothing is on its way that would decide it.
    package let isStuck: Bool
    /// When its saga tries its step again; nil when that is not what it waits for.
    package let retry: PendingRetry?
    /// What an operator can decide about its saga when it is stuck: a stranded or damaged one can only be
    /// abandoned.
    package let wayOut: SagaDecision

    package init(
        deliveries: [OutstandingDelivery] = [], isStuck: Bool = false, retry: PendingRetry? = nil,
        wayOut: SagaDecision = .resend
    ) {
        self.deliveries = deliveries
        self.isStuck = isStuck
        self.retry = retry
        self.wayOut = wayOut
    }
}

/// A step of a saga that is tried again when some time has passed.
package struct PendingRetry: Hashable, Sendable {
    /// Which attempt that is, from 2.
    package let attempt: Int
    package let at: Timestamp

    /// What is waited for, in words that do not depend on the time.
    package var description: String { "the time of attempt \(attempt)" }
}

extension CustomersAndOrders {
    /// What an order waits for, beside whatever else is at work.
    package func wait(
        of order: Order, _ availability: Availability = Availability()
    ) throws -> OrderWait {
        guard order.isWaiting else { return OrderWait() }
        // A message may move on between two looks: then it is looked again.
        for _ in 1...3 {
            let before = try versions(availability)
            let deliveries = try outstandingDeliveries(for: order, availability)
            guard deliveries.isEmpty, before != nil else {
                return OrderWait(deliveries: deliveries)
            }
            let wait = try waitForNothing(order, availability)
            if try versions(availability) == before { return wait }
        }
        return OrderWait()
    }

    /// The same for all orders that are waiting, by id.
    ///
    /// - Parameter deliveries: what ``outstandingDeliveriesByOrder(_:)`` has told of them.
    package func waits(
        of orders: [Order], _ deliveries: [Int: [OutstandingDelivery]],
        _ availability: Availability = Availability()
    ) throws -> [Int: OrderWait] {
        try orders.filter(\.isWaiting).reduce(into: [:]) { waits, order in
            if let own = deliveries[order.id] {
                waits[order.id] = OrderWait(deliveries: own)
            } else {
                waits[order.id] = try wait(of: order, availability)
            }
        }
    }

    /// What changes when anything is committed to the stores of the saga; nil when one is away.
    private func versions(_ availability: Availability) throws -> [Int]? {
        let versions = try [customerStore, orderStore].map { store in
            try availability.attempt(store) { _ in try store.dataVersion() }
        }
        return versions.contains(nil) ? nil : versions.compactMap { $0 }
    }

    /// What an order waits for when nothing is on its way.
    private func waitForNothing(
        _ order: Order, _ availability: Availability
    ) throws -> OrderWait {
        guard try orders.findOrder(order.id)?.state == .pending else { return OrderWait() }
        // A choreographed saga has no row of its own: messages are all that moves it.
        guard let sagaID = order.sagaID else { return OrderWait(isStuck: true) }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        let outlook: SagaOutlook?
        do {
            outlook = try relay.outlook(of: reference, availability)
        } catch is SagaDamage {
            outlook = nil
        }
        guard let outlook else { return OrderWait(isStuck: true, wayOut: .abandon) }
        // Time moves a saga without a message.
        if let time = outlook.overview.retryAt, !outlook.overview.state.isEnd {
            return OrderWait(
                retry: PendingRetry(attempt: outlook.overview.attempts + 1, at: time))
        }
        guard outlook.waitsForNothing else { return OrderWait() }
        let saga = try orderStore.read { try orders.sagas.inspect(sagaID, in: $0) }
        let canGoOn = saga.stranded == nil && saga.damage.isEmpty
        return OrderWait(isStuck: true, wayOut: canGoOn ? .resend : .abandon)
    }
}

extension Order {
    /// Whether its saga may still have something to do.
    package var isWaiting: Bool { state == .pending || state == .cancelled }
}
