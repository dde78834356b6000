internal import Contracts
internal import Orders
internal import Tram
package import TramWorkbench

extension CustomersAndOrders {
    package func rules(_ views: Views) -> [Rule] {
        let facts = OrderFacts(views)
        return rulesTogether(views, facts) + [
            .storesAreOfOneSystem(views),
            .messagesAreAsSent(views),
            .nothingNumberedIsGone(views),
            .handledIsAsSent(views),
            .store(ServiceName.customer, "every customer is as its event tells") { view in
                let losses = try views.readableLosses()
                return try RowsAsTold(view: view)
                    .misrepresentedCustomers(except: losses.isKnownToOperators)
                    .map { Finding($0) }
            },
            .store(ServiceName.order, "every order is as its events tell") { view in
                let losses = try views.readableLosses()
                return try RowsAsTold(view: view)
                    .misrepresentedOrders(except: losses.isKnownToOperators)
                    .map { Finding($0) }
            },
            .store(ServiceName.order, "every saga is as its order and its log tell") { view in
                let losses = try facts.readableLosses()
                return try OrderSagaAudit(view, of: self).faults().map { fault in
                    let isExplained =
                        if let kind = fault.kind, let order = fault.order {
                            losses.explain(kind, ofOrder: order)
                        } else {
                            fault.isKnown
                        }
                    return Finding(fault.text, isConsequence: isExplained)
                }
            },
        ]
    }

    /// What the three services' rows must say together.
    private func rulesTogether(_ views: Views, _ facts: OrderFacts) -> [Rule] {
        [
            .always("reserved credit is the sum of its reservations and within the limit") {
                try facts.snapshot().brokenCredit()
            },
            .always("every reservation is for a living order of that customer and amount") {
                try facts.snapshot().strayReservations(facts.losses())
            },
            .always("every order has gone one way only, and its events tell it") {
                try facts.snapshot().brokenLives()
            },
            .publishedWhenHandled(views),
            .handledWasSent(views),
            .atRest("at rest, every order is decided") {
                try facts.snapshot().undecidedOrders(facts.losses())
            },
            .atRest("at rest, an order is APPROVED exactly when its credit is reserved") {
                try facts.snapshot().unpaidOrders(facts.losses())
            },
            .sagasHaveEnded(views) { try facts.explain($0) },
            .atRest("at rest, the order history equals the services' own rows") {
                try facts.snapshot().viewDifferences(facts.losses())
            },
        ]
    }

    /// The facts of all stores at one instant.
    package func snapshot() throws -> SystemSnapshot {
        try workbench.read { try SystemSnapshot($0) }
    }
}

/// What several rules of one check read of the stores.
private final class OrderFacts {
    private let views: Views
    private lazy var snapshotRead = Result { try SystemSnapshot(views) }
    private lazy var lossesRead = Result { try OrderLosses(views) }

    init(_ views: Views) {
        self.views = views
    }

    func snapshot() throws -> SystemSnapshot { try snapshotRead.get() }

    func losses() throws -> OrderLosses { try lossesRead.get() }

    /// What cannot be read explains nothing.
    func readableLosses() throws -> OrderLosses {
        guard views.isWhole else { return OrderLosses() }
        do {
            return try losses()
        } catch StoreError.unexpectedRow {
            return OrderLosses()
        }
    }

    /// Whether what is left of a saga follows from what is known to be lost, or was decided.
    func explain(_ leftover: SagaLeftover) throws -> Bool {
        let losses = try losses()
        let id = leftover.saga.id
        let isLost =
            leftover.kind == .lock
            && (Int(id).map {
                losses.known.isLost($0, of: "saga_instance", in: ServiceName.order)
            } ?? false)
        if isLost { return true }
        return switch leftover.kind {
        case .waits:
            try snapshot().orders.first { $0.sagaID == id }.map {
                losses.explain(.sagaWaits, ofOrder: $0.id)
            } ?? false
        case .lock:
            losses.order(ofSaga: id).map { losses.explain(.lockLeft, ofOrder: $0) } ?? false
        }
    }
}
