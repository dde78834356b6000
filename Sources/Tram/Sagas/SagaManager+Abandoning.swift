/// Abandoning sagas, also those that no definition of this program can go on with.
extension SagaManager {
    /// Ends a saga as failed for good, and asks its participants to free their locks.
    ///
    /// This is the only way out for a saga that is stranded or whose row is damaged. Where the saga
    /// can be read, prefer ``decide(_:_:because:in:)`` with ``SagaDecision/abandon``, since that
    /// sees whether the saga has moved in the meantime. Both are logged and kept alike.
    ///
    /// Late replies are ignored, and locks of which they tell are freed. A later program that knows
    /// the saga's definition again does not go on with it. ``Saga/failed(_:_:_:)`` is called where
    /// the program has the saga's version and understands its data. Otherwise the log says that it
    /// was not called, and why.
    ///
    /// - Parameters:
    ///   - reference: the saga.
    ///   - reason: why, in the operator's words; may be empty.
    ///   - trustingData: false when the application knows that the data is not the saga's own: then
    ///     `failed` is not called.
    ///   - transaction: a transaction on the sagas' store.
    /// - Returns: what came of it, in words.
    /// - Throws: ``SagaError/notFound(_:)``, ``SagaError/hasEnded(_:_:)`` or
    ///   ``SagaError/abandoned(_:)``; nothing has changed then.
    @discardableResult
    public func abandon(
        _ reference: SagaReference, because reason: String = "", trustingData: Bool = true,
        in transaction: any Transaction
    ) throws -> [String] {
        guard reference.type == Definition.sagaType,
            let row = try SagaInstances(transaction).row(reference)
        else { throw SagaError.notFound(reference) }
        if try SagaDecisions(transaction).isAbandoned(reference) {
            throw SagaError.abandoned(reference)
        }
        // If the row does not say where the saga stands, the log does.
        let state = try row.readableState ?? SagaLog(transaction).state(of: reference)
        switch state {
        case .completed, .rolledBack: throw SagaError.hasEnded(reference, state)
        case .running, .compensating, .failed: break
        }
        return try transaction.savepoint {
            try abandon(
                row, at: state, because: reason, trustingData: trustingData, transaction)
        }
    }

    /// Abandons a saga by its definition, or without one where that does not work.
    ///
    /// - Parameters:
    ///   - row: the saga's row.
    ///   - state: where it stands, if its row does not tell.
    func abandon(
        _ row: SagaInstanceRow, at state: SagaState, because reason: String, trustingData: Bool,
        _ transaction: any Transaction
    ) throws -> [String] {
        try transaction.causing(byCommandOf: row.saga, row.readableLastRequest) {
            guard trustingData else {
                return try abandon(
                    row, at: state, because: reason, "its data is not trusted", transaction)
            }
            let execution: any SagaInMotion
            do {
                execution = try remains(of: row, at: state, transaction)
            } catch let error as SagaStranded {
                return try abandon(row, at: state, because: reason, error.detail, transaction)
            } catch let error as SagaDamage {
                return try abandon(row, at: state, because: reason, error.detail, transaction)
            }
            try execution.abandon(because: reason)
            return [execution.summary]
        }
    }

    /// What is left of the saga, by the definition of its version.
    private func remains(
        of row: SagaInstanceRow, at state: SagaState, _ transaction: any Transaction
    ) throws -> any SagaInMotion {
        func execution(_ saga: some Saga) throws -> any SagaInMotion {
            SagaExecution(saga, try row.remains(of: saga, at: state), transaction)
        }
        return try execution(versions.saga(of: row))
    }

    /// Abandons a saga whose data the program cannot read.
    ///
    /// - Parameters:
    ///   - row: the saga's row.
    ///   - state: where the saga stands.
    ///   - reason: why, in the operator's words.
    ///   - fault: why the program cannot read it, for the log.
    private func abandon(
        _ row: SagaInstanceRow, at state: SagaState, because reason: String, _ fault: String,
        _ transaction: any Transaction
    ) throws -> [String] {
        let saga = row.saga
        let step = state.step ?? ""
        let log = SagaLog(transaction)
        func record(
            _ event: SagaLogEvent, step: String? = nil, message: MessageID? = nil,
            _ detail: String = ""
        ) throws {
            try log.append(
                saga, event, step: step.map { (0, $0) }, message: message, detail: detail,
                data: row.data)
        }
        var words = ["abandoned"]
        try record(
            .abandoned, step: step.isEmpty ? nil : step, message: row.readableLastRequest, reason)
        let hadFailed = if case .failed = state { true } else { false }
        if !hadFailed {
            try record(.failed)
            try record(.hookFailed, "not called: \(fault)")
            words += ["FAILED", "what was to follow was not done (\(fault))"]
        }
        try unlockEverything(of: saga, transaction)
        try SagaInstances(transaction).fail(row, atStep: step)
        try SagaDecisions(transaction).append(
            SagaDecisionRecord(
                saga: saga, decision: .abandon, step: step.isEmpty ? nil : step, reason: reason))
        return ["\(saga): " + words.joined(separator: ", ")]
    }

    /// Asks everybody who may have a lock for the saga to free it: whoever has told of one, who was
    /// sent a command, and whoever any known version sends one.
    private func unlockEverything(of saga: SagaReference, _ transaction: any Transaction) throws {
        let participants = try SagaInstances(transaction).participants(saga)
        for (channel, target) in participants {
            try transaction.unlock(target, on: channel, of: saga)
        }
        let channels =
            try participants.map(\.channel) + definition.versions.flatMap(\.channels)
            + SagaLog(transaction).commandChannels(of: saga)
        for channel in channels.uniqued() { try transaction.unlock(nil, on: channel, of: saga) }
    }
}
