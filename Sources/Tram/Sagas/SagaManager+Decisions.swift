extension SagaManager {
    /// Carries out what an operator has decided about a saga, in the caller's transaction on the
    /// sagas' store.
    ///
    /// ```swift
    /// try relay.requireFittingStores()
    /// if let outlook = try relay.outlook(of: saga), outlook.isStuck {
    ///     try store.write {
    ///         try sagas.decide(.skip, outlook, because: "paid in cash", in: $0)
    ///     }
    /// }
    /// ```
    ///
    /// It is safe beside a running relay. A late reply that has moved the saga since the outlook
    /// was taken makes the decision refused; one that comes afterwards does not count any more. The
    /// decision is logged in the saga's log, and kept for good with its reason.
    ///
    /// A saga that is stranded or damaged can only be abandoned, see
    /// ``abandon(_:because:trustingData:in:)``.
    ///
    /// - Parameters:
    ///   - decision: what to do.
    ///   - outlook: what was known when it was decided: see ``Relay/outlook(of:_:)``.
    ///   - reason: why, in the operator's words; may be empty.
    ///   - transaction: a transaction on the sagas' store.
    /// - Returns: what came of it, in words.
    /// - Throws: ``SagaError`` when the decision is refused; ``SagaDamage`` or ``SagaStranded``
    ///   when the instance cannot go on. Nothing has changed then.
    @discardableResult
    public func decide(
        _ decision: SagaDecision, _ outlook: SagaOutlook, because reason: String = "",
        in transaction: any Transaction
    ) throws -> [String] {
        let reference = outlook.overview.reference
        guard reference.type == Definition.sagaType,
            let row = try SagaInstances(transaction).row(reference)
        else { throw SagaError.notFound(reference) }
        let now = try row.overview((try? versions.saga(of: row))?.definition)
        if try SagaDecisions(transaction).isAbandoned(reference) {
            throw SagaError.abandoned(reference)
        }
        switch now.state {
        case .completed, .rolledBack: throw SagaError.hasEnded(reference, now.state)
        case .running, .compensating, .failed: break
        }
        guard now.state == outlook.overview.state,
            now.lastRequest == outlook.overview.lastRequest,
            try SagaLog(transaction).unanswered(of: now) == outlook.request
        else { throw SagaError.hasMoved(reference) }
        let execution: any SagaInMotion
        do {
            execution = try self.execution(of: row, transaction)
        } catch {
            guard decision == .abandon, error is SagaStranded || error is SagaDamage else {
                throw error
            }
            return try transaction.savepoint {
                try abandon(
                    row, at: now.state, because: reason, trustingData: true, transaction)
            }
        }
        if let message = outlook.onItsWay, decision == .resend || decision == .retry {
            throw SagaError.notStuck(reference, onItsWay: message)
        }
        if !outlook.isComplete, decision != .skip, decision != .abandon {
            throw SagaError.notPossible(
                decision, reference,
                why: "not every store can be read, so that its command may "
                    + "be on its way")
        }
        return try transaction.savepoint {
            try transaction.causing(byCommandOf: reference, now.lastRequest) {
                try execution.decide(decision, outlook, because: reason)
            }
            return [execution.summary]
        }
    }
}
