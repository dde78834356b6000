internal import Orders
package import Tram
internal import TramSQLite
internal import TramWorkbench

/// What came of an operator's decision about the saga of an order.
package struct DecidedSaga: Sendable {
    package let orderID: Int
    package let decision: SagaDecision
    package let effects: [String]
    package let published: [MessageHeading]
}

extension CustomersAndOrders {
    /// Refuses decisions on stores that do not fit one another: what they say of a saga is then not true.
    ///
    /// - Throws: `StoreError.rolledBack`, `StoreError.ofOtherSystem`.
    package func requireFittingStores() throws {
        // Not those of the command: a service that is away is told where the decision asks for it.
        try relay.requireFittingStores(stores.availability())
    }

    /// What there is to know about the saga of an order before something is decided about it.
    ///
    /// - Parameter expected: where the saga must stand. A decision that is made twice by mistake is then
    ///   carried out once.
    /// - Returns: nil when its row cannot be read, and it is to be abandoned: nothing else can be decided
    ///   about it.
    /// - Throws: ``SagaDecisionError``, `OrderError.notFound`; a `StoreError` when a store is away that
    ///   the decision asks for.
    package func outlook(
        ofOrder id: Int, for decision: SagaDecision, at expected: SagaPlace = SagaPlace(),
        _ availability: Availability = Availability()
    ) throws -> SagaOutlook? {
        let order = try orders.order(id)
        guard let sagaID = order.sagaID else {
            throw SagaDecisionError(decision: decision, order: id, reason: .choreographed)
        }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        return try inTermsOfOrders(decision, order) {
            let found: SagaOutlook?
            do {
                found = try relay.outlook(of: reference, availability)
            } catch is SagaDamage where decision == .abandon {
                return nil
            }
            guard let outlook = found else { throw SagaError.notFound(reference) }
            if let reason = expected.objection(to: outlook.overview.state, word(for:)) {
                throw SagaDecisionError(decision: decision, order: id, reason: reason)
            }
            // Who takes a step as done, or gives a saga up, need not know what is on its way.
            if !outlook.isComplete, decision != .skip, decision != .abandon,
                let reason = stores.names.compactMap({ availability.reasons[$0] }).first
            {
                throw reason
            }
            return outlook
        }
    }

    /// Carries out what an operator has decided about the saga of an order.
    ///
    /// - Parameters:
    ///   - outlook: nil when the saga's row cannot be read, and it is to be abandoned.
    ///   - isDryRun: whether all is undone in the end.
    /// - Throws: ``SagaDecisionError``, `OrderError.notFound`; a `StoreError` when the stores do not fit one
    ///   another.
    package func decide(
        _ decision: SagaDecision, ofOrder id: Int, _ outlook: SagaOutlook?, because reason: String,
        isDryRun: Bool = false
    ) throws -> DecidedSaga {
        if isDryRun {
            return try rehearse(decision, [(id, outlook)], because: reason)[0].get()
        }
        let order = try orders.order(id)
        do {
            return try inTermsOfOrders(decision, order) {
                try orderStore.write { transaction in
                    try relay.requireFittingStores(beside: transaction, stores.availability())
                    return try decide(decision, order, outlook, reason, in: transaction)
                }
            }
        } catch let error as SagaDecisionError {
            throw try withAlternatives(error, order, outlook)
        }
    }

    /// What would come of a decision about each of some sagas, on top of what would come of it for those
    /// before. All of it is undone.
    ///
    /// - Returns: a result for each. One that is refused, with ``SagaDecisionError``, or cannot be read
    ///   stops no other.
    package func rehearse(
        _ decision: SagaDecision, _ sagas: [(id: Int, outlook: SagaOutlook?)],
        because reason: String
    ) throws -> [Result<DecidedSaga, any Error>] {
        let chosen = try sagas.map { (order: try orders.order($0.id), outlook: $0.outlook) }
        var results: [Result<DecidedSaga, any Error>] = []
        try undoing { transaction in
            try relay.requireFittingStores(beside: transaction, stores.availability())
            for (order, outlook) in chosen {
                do {
                    results.append(
                        .success(
                            try transaction.savepoint {
                                try decide(decision, order, outlook, reason, in: transaction)
                            }))
                } catch let error as StoreError where !error.isOfOneRow {
                    throw error
                } catch {
                    results.append(.failure(error))
                }
            }
        }
        return try zip(chosen, results).map { chosen, result in
            guard case .failure(let error) = result else { return result }
            do {
                return try inTermsOfOrders(decision, chosen.order) { throw error }
            } catch let error as SagaDecisionError {
                return .failure(
                    chosen.outlook == nil || sagas.count > 1
                        ? error : try withAlternatives(error, chosen.order, chosen.outlook))
            } catch let error as StoreError where error.isOfOneRow {
                return .failure(error)
            }
        }
    }

    /// Says what else could be decided about a saga that cannot be helped in this way.
    private func withAlternatives(
        _ error: SagaDecisionError, _ order: Order, _ outlook: SagaOutlook?
    ) throws -> SagaDecisionError {
        switch error.reason {
        case .notPossible, .notCompensatable, .stranded: break
        case .choreographed, .ended, .abandoned, .moved, .standsElsewhere, .onItsWay: return error
        }
        var error = error
        try undoing { transaction in
            for other in SagaDecision.allCases where other != error.decision {
                struct Accepted: Error {}
                do {
                    try transaction.savepoint {
                        _ = try decide(other, order, outlook, "", in: transaction)
                        throw Accepted()
                    }
                } catch is Accepted {
                    error.alternatives.append(other)
                } catch let failure as StoreError where !failure.isOfOneRow {
                    throw failure
                } catch {
                    // Nor would this be accepted.
                }
            }
        }
        return error
    }

    /// Runs `body` in a transaction of the Order Service that is undone.
    private func undoing(_ body: (any Transaction) throws -> Void) throws {
        struct Undone: Error {}
        do {
            try orderStore.write { transaction in
                try body(transaction)
                throw Undone()
            }
        } catch is Undone {
            return
        }
    }

    private func decide(
        _ decision: SagaDecision, _ order: Order, _ outlook: SagaOutlook?, _ reason: String,
        in transaction: any Transaction
    ) throws -> DecidedSaga {
        let outbox = Outbox(transaction)
        let newest = try outbox.highestNumber()
        let effects: [String]
        if let outlook,
            decision != .abandon
                || fault(inDataOf: outlook.overview, ofOrder: order.id) == nil
        {
            try requireDataAboutOrder(
                order.id, ofSaga: outlook.overview.reference, in: transaction)
            effects = try orders.sagas.decide(
                decision, outlook, because: reason, in: transaction)
        } else {
            effects = try abandon(order, outlook, reason, in: transaction)
        }
        return DecidedSaga(
            orderID: order.id, decision: decision, effects: effects,
            published: try outbox.headings(after: newest))
    }

    /// Gives up a saga whose row cannot be read, or is about another order, if it still is so.
    private func abandon(
        _ order: Order, _ outlook: SagaOutlook?, _ reason: String, in transaction: any Transaction
    ) throws -> [String] {
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: order.sagaID ?? "")
        let saga = try orders.sagas.inspect(reference.id, in: transaction)
        if let outlook {
            guard saga.overview?.state == outlook.overview.state,
                saga.overview?.lastRequest == outlook.overview.lastRequest
            else { throw SagaError.hasMoved(reference) }
        } else if saga.damage.isEmpty {
            throw SagaError.hasMoved(reference)
        }
        do {
            return try orders.sagas.abandon(
                reference, because: reason,
                trustingData: saga.overview.flatMap { fault(inDataOf: $0, ofOrder: order.id) }
                    == nil,
                in: transaction)
        } catch SagaError.hasEnded(_, let state) where outlook == nil {
            throw SagaDecisionError(
                decision: .abandon, order: order.id,
                reason: .ended(
                    state: "\(word(for: state)), as its log tells, and its row is damaged"))
        }
    }

    /// Outside of any transaction.
    private func inTermsOfOrders<Result>(
        _ decision: SagaDecision, _ order: Order, _ body: () throws -> Result
    ) throws -> Result {
        func refused(_ reason: SagaDecisionError.Reason) -> SagaDecisionError {
            SagaDecisionError(decision: decision, order: order.id, reason: reason)
        }
        do {
            return try body()
        } catch let error as SagaError {
            switch error {
            case .notFound(let saga):
                if try orderStore.read({ try Sagas.isPurged(saga, in: $0) }) {
                    throw refused(.ended(state: stateTold(by: order.state)))
                }
                throw StoreError.unexpectedRow("order \(order.id) has no saga \(saga)")
            case .hasEnded(_, let state): throw refused(.ended(state: word(for: state)))
            case .abandoned: throw refused(.abandoned)
            case .hasMoved: throw refused(.moved)
            case .notStuck(_, let message):
                let delivery = try workbench.message(message.id)?.deliveries.first
                let isParked = if case .parked? = delivery?.state { true } else { false }
                throw refused(.onItsWay(message, isParked: isParked))
            case .notCompensatable(_, let step): throw refused(.notCompensatable(step: step))
            case .notPossible(_, _, let why): throw refused(.notPossible(why))
            case .ofFormerVersion, .emptyKey: throw error
            }
        } catch let damage as SagaDamage {
            throw StoreError.unexpectedRow(
                "\(damage.saga) of order \(order.id): \(damage.detail)")
        } catch let stranded as SagaStranded {
            throw refused(.stranded(stranded.detail))
        }
    }

    /// - Throws: `StoreError.unexpectedRow` when the saga of an order would move another order.
    private func requireDataAboutOrder(
        _ id: Int, ofSaga reference: SagaReference, in transaction: any Transaction
    ) throws {
        guard let overview = try Sagas.overview(of: reference, in: transaction),
            let fault = fault(inDataOf: overview, ofOrder: id)
        else { return }
        throw StoreError.unexpectedRow("\(reference) of order \(id): \(fault)")
    }
}

extension StoreError {
    /// Whether only a row is wrong: whatever concerns other rows goes on.
    fileprivate var isOfOneRow: Bool {
        if case .unexpectedRow = self { true } else { false }
    }
}
