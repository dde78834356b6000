package import Tram
internal import TramSQLite

/// What came of an operator's decision about a saga.
package struct DecidedSaga: Sendable {
    package let name: SagaName
    package let decision: SagaDecision
    package let effects: [String]
    /// The messages that were sent.
    package let published: [Message]
}

/// A saga about which something is to be decided, and what is known of it; the outlook is nil when its row
/// cannot be read, and it is to be abandoned.
package typealias SagaCandidate = (saga: SagaEntry, outlook: SagaOutlook?)

extension Workbench {
    /// Refuses decisions on stores that do not fit one another: what they say of a saga is then not true.
    ///
    /// - Throws: `StoreError.rolledBack`, `StoreError.ofOtherSystem`.
    package func requireFittingStores() throws {
        // Not those of the command: a service that is away is told where the decision asks for it.
        try relay.requireFittingStores(stores.availability())
    }

    /// What there is to know about a saga before something is decided about it.
    ///
    /// - Parameter expected: where the saga must stand. A decision that is made twice by mistake is then
    ///   carried out once.
    /// - Returns: nil when its row cannot be read, and it is to be abandoned: nothing else can be decided
    ///   about it.
    /// - Throws: ``SagaDecisionError``; a `StoreError` when a store is away that the decision asks for.
    package func outlook(
        of saga: SagaEntry, for decision: SagaDecision, at expected: SagaPlace = SagaPlace(),
        _ availability: Availability = Availability()
    ) throws -> SagaOutlook? {
        guard isOrchestrated(saga.reference) else {
            throw SagaDecisionError(
                decision: decision, saga: name(of: saga), reason: .choreographed)
        }
        return try inTermsOfDecisions(decision, saga) {
            let found: SagaOutlook?
            do {
                found = try relay.outlook(of: saga.reference, availability)
            } catch is SagaDamage where decision == .abandon {
                return nil
            }
            guard let outlook = found else { throw SagaError.notFound(saga.reference) }
            if let reason = expected.objection(to: outlook.overview.state) {
                throw SagaDecisionError(decision: decision, saga: name(of: saga), reason: reason)
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

    /// Carries out what an operator has decided about a saga.
    ///
    /// - Parameters:
    ///   - outlook: nil when the saga's row cannot be read, and it is to be abandoned.
    ///   - isDryRun: whether all is undone in the end.
    /// - Throws: ``SagaDecisionError``; a `StoreError` when the stores do not fit one another.
    package func decide(
        _ decision: SagaDecision, _ saga: SagaEntry, _ outlook: SagaOutlook?,
        because reason: String, isDryRun: Bool = false
    ) throws -> DecidedSaga {
        if isDryRun {
            return try rehearse(decision, [(saga, outlook)], because: reason)[0].get()
        }
        let store = try home(of: saga, decision).store
        do {
            return try inTermsOfDecisions(decision, saga) {
                try store.write { transaction in
                    try relay.requireFittingStores(beside: transaction, stores.availability())
                    return try decide(decision, (saga, outlook), reason, in: transaction)
                }
            }
        } catch let error as SagaDecisionError {
            throw try withAlternatives(error, (saga, outlook))
        }
    }

    /// What would come of a decision about each of some sagas, on top of what would come of it for those
    /// before in the same store. All of it is undone.
    ///
    /// - Returns: a result for each. One that is refused, with ``SagaDecisionError``, or cannot be read
    ///   stops no other.
    package func rehearse(
        _ decision: SagaDecision, _ sagas: [SagaCandidate], because reason: String
    ) throws -> [Result<DecidedSaga, any Error>] {
        var results: [SagaReference: Result<DecidedSaga, any Error>] = [:]
        let homes = try sagas.map { try home(of: $0.saga, decision).store.name }
        for name in stores.names where homes.contains(name) {
            let own = zip(homes, sagas).filter { $0.0 == name }.map(\.1)
            try undoing(in: service(name).store) { transaction in
                try relay.requireFittingStores(beside: transaction, stores.availability())
                for candidate in own {
                    do {
                        results[candidate.saga.reference] = .success(
                            try transaction.savepoint {
                                try decide(decision, candidate, reason, in: transaction)
                            })
                    } catch let error as StoreError where !error.isOfOneRow {
                        throw error
                    } catch {
                        results[candidate.saga.reference] = .failure(error)
                    }
                }
            }
        }
        return try sagas.compactMap { candidate in
            guard let result = results[candidate.saga.reference] else { return nil }
            guard case .failure(let error) = result else { return result }
            do {
                return try inTermsOfDecisions(decision, candidate.saga) { throw error }
            } catch let error as SagaDecisionError {
                return .failure(
                    candidate.outlook == nil || sagas.count > 1
                        ? error : try withAlternatives(error, candidate))
            } catch let error as StoreError where error.isOfOneRow {
                return .failure(error)
            }
        }
    }

    /// Says what else could be decided about a saga that cannot be helped in this way.
    private func withAlternatives(
        _ error: SagaDecisionError, _ candidate: SagaCandidate
    ) throws -> SagaDecisionError {
        switch error.reason {
        case .notPossible, .notCompensatable, .stranded: break
        case .choreographed, .ended, .abandoned, .moved, .standsElsewhere, .onItsWay: return error
        }
        var error = error
        try undoing(in: home(of: candidate.saga, error.decision).store) { transaction in
            for other in SagaDecision.allCases where other != error.decision {
                struct Accepted: Error {}
                do {
                    try transaction.savepoint {
                        _ = try decide(other, candidate, "", in: transaction)
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

    /// Runs `body` in a transaction that is undone.
    private func undoing(
        in store: any Store, _ body: (any Transaction) throws -> Void
    ) throws {
        struct Undone: Error {}
        do {
            try store.write { transaction in
                try body(transaction)
                throw Undone()
            }
        } catch is Undone {
            return
        }
    }

    /// What runs a saga, and the store that has it.
    private func home(
        of saga: SagaEntry, _ decision: SagaDecision
    ) throws -> (store: any Store, runner: any SagaRunner) {
        guard let running = relay.sagaRunner(ofType: saga.reference.type) else {
            throw SagaDecisionError(
                decision: decision, saga: name(of: saga), reason: .choreographed)
        }
        return (running.service.store, running.runner)
    }

    private func decide(
        _ decision: SagaDecision, _ candidate: SagaCandidate, _ reason: String,
        in transaction: any Transaction
    ) throws -> DecidedSaga {
        let (saga, outlook) = candidate
        let runner = try home(of: saga, decision).runner
        let outbox = Outbox(transaction)
        let newest = try outbox.highestNumber()
        let effects: [String]
        if let outlook,
            decision != .abandon
                || catalogue.fault(inDataOf: outlook.overview, of: saga) == nil
        {
            try requireOwnData(saga, in: transaction)
            effects = try runner.decide(decision, outlook, because: reason, in: transaction)
        } else {
            effects = try abandon(saga, outlook, runner, reason, in: transaction)
        }
        return DecidedSaga(
            name: name(of: saga), decision: decision, effects: effects,
            published: try outbox.messages(after: newest, limit: .max).map(\.message))
    }

    /// Gives up a saga whose row cannot be read, or whose data is not its own, if it still is so.
    private func abandon(
        _ saga: SagaEntry, _ outlook: SagaOutlook?, _ runner: any SagaRunner, _ reason: String,
        in transaction: any Transaction
    ) throws -> [String] {
        let found = try runner.inspect(saga.reference.id, in: transaction)
        if let outlook {
            guard found.overview?.state == outlook.overview.state,
                found.overview?.lastRequest == outlook.overview.lastRequest
            else { throw SagaError.hasMoved(saga.reference) }
        } else if found.damage.isEmpty {
            throw SagaError.hasMoved(saga.reference)
        }
        let fault = found.overview.flatMap { catalogue.fault(inDataOf: $0, of: saga) }
        do {
            return try runner.abandon(
                saga.reference, because: reason, trustingData: fault == nil, in: transaction)
        } catch SagaError.hasEnded(_, let state) where outlook == nil {
            throw SagaDecisionError(
                decision: .abandon, saga: name(of: saga),
                reason: .ended(state: "\(state.word), as its log tells, and its row is damaged"))
        }
    }

    /// Puts what the library refuses into terms of the application's users. Outside of any transaction.
    private func inTermsOfDecisions<Result>(
        _ decision: SagaDecision, _ saga: SagaEntry, _ body: () throws -> Result
    ) throws -> Result {
        let name = name(of: saga)
        func refused(_ reason: SagaDecisionError.Reason) -> SagaDecisionError {
            SagaDecisionError(decision: decision, saga: name, reason: reason)
        }
        do {
            return try body()
        } catch let error as SagaError {
            switch error {
            case .notFound(let reference):
                let store = try home(of: saga, decision).store
                if try store.read({ try Sagas.isPurged(reference, in: $0) }) {
                    throw refused(
                        .ended(
                            state: saga.told?.word ?? "completed or rolled back, and was purged"))
                }
                throw StoreError.unexpectedRow(name.rowIsGone)
            case .hasEnded(_, let state): throw refused(.ended(state: state.word))
            case .abandoned: throw refused(.abandoned)
            case .hasMoved: throw refused(.moved)
            case .notStuck(_, let message):
                let delivery = try self.message(message.id)?.deliveries.first
                let isParked = if case .parked? = delivery?.state { true } else { false }
                throw refused(.onItsWay(message, isParked: isParked))
            case .notCompensatable(_, let step): throw refused(.notCompensatable(step: step))
            case .notPossible(_, _, let why): throw refused(.notPossible(why))
            case .ofFormerVersion, .emptyKey: throw error
            }
        } catch let damage as SagaDamage {
            throw StoreError.unexpectedRow("\(name.rowPhrase): \(damage.detail)")
        } catch let stranded as SagaStranded {
            throw refused(.stranded(stranded.detail))
        }
    }

    /// - Throws: `StoreError.unexpectedRow` when the data of a saga is not its own.
    private func requireOwnData(_ saga: SagaEntry, in transaction: any Transaction) throws {
        guard let overview = try Sagas.overview(of: saga.reference, in: transaction),
            let fault = catalogue.fault(inDataOf: overview, of: saga)
        else { return }
        throw StoreError.unexpectedRow("\(name(of: saga).rowPhrase): \(fault)")
    }
}

extension StoreError {
    /// Whether only a row is wrong: whatever concerns other rows goes on.
    fileprivate var isOfOneRow: Bool {
        if case .unexpectedRow = self { true } else { false }
    }
}
