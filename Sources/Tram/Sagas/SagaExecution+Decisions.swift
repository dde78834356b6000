/// What an operator's decision does to a saga.
///
/// Three questions decide what is allowed. Has the step under way happened? (A refused command has
/// not; one whose reply is missing may have.) Can it be undone? (It has a compensation that is
/// wanted.) Will the compensation come after the command? (Only on the same channel is that
/// certain.) A decision that would leave something done and not undone is refused with
/// ``SagaError/notCompensatable(_:step:)``; the operator can still skip or abandon.
extension SagaExecution {
    /// Carries out what an operator has decided. The late reply to a command that was outstanding
    /// does not count any more: ``SagaInstance/lastRequest`` is another one, or none.
    ///
    /// Everything that is sent because of a decision is sent in here; its cause is the command that
    /// was outstanding before.
    func decide(
        _ decision: SagaDecision, _ outlook: SagaOutlook, because reason: String
    ) throws {
        isDecided = true
        let step = instance.state.step
        let carriedOut: SagaDecision
        switch decision {
        case .retry, .resend: carriedOut = try takeUp(decision, outlook, because: reason)
        case .skip:
            try skip(because: reason)
            carriedOut = .skip
        case .rollback:
            try rollBack(outlook, because: reason)
            carriedOut = .rollback
        case .abandon: return try abandon(because: reason)
        }
        try keep(carriedOut, at: step, because: reason)
    }

    /// Keeps a decision that was carried out, and the instance that came of it.
    private func keep(_ decision: SagaDecision, at step: String?, because reason: String) throws {
        try SagaDecisions(transaction).append(
            SagaDecisionRecord(
                saga: instance.reference, decision: decision, step: step, reason: reason))
        try save()
    }

    /// Begins the operation under way once more. A failed saga compensates again; whether its
    /// earlier command may have been handled is told by the outlook.
    ///
    /// - Returns: what has really been done: a retry, or a resend.
    private func takeUp(
        _ decision: SagaDecision, _ outlook: SagaOutlook, because reason: String
    ) throws -> SagaDecision {
        var carriedOut = SagaDecision.resend
        // A command that was never handled is not in doubt.
        if outlook.requestIsVoid { instance.lastRequest = nil }
        if case .failed(let step) = instance.state {
            // An unanswered command can be sent again; a refused one can only be retried.
            guard decision == .retry || outlook.request != nil else {
                throw SagaError.notPossible(
                    decision, instance.reference,
                    why: "it has failed, and no command of it is unanswered")
            }
            if let step = stepUnderWay, !isUndoable(step) {
                throw SagaError.notCompensatable(instance.reference, step: step.name)
            }
            instance.state = .compensating(step: step)
            instance.retries.isInDoubt = outlook.request != nil && !outlook.requestIsVoid
            carriedOut = .retry
        }
        guard let (step, _) = operationUnderWay else {
            throw SagaDamage(
                instance.reference,
                "it stands at '\(instance.state.step ?? "")', where there is nothing to be sent")
        }
        try record(carriedOut == .retry ? .takenUp : .resent, step: step, detail: reason)
        try perform()
        return carriedOut
    }

    /// Counts the operation under way as done, and goes on. A failed saga goes on rolling back.
    private func skip(because reason: String) throws {
        if case .failed(let step) = instance.state { instance.state = .compensating(step: step) }
        guard let step = stepUnderWay else { return }
        words.append("\(isCompensating ? "undoing of " : "")\(step.name) skipped")
        try record(.skipped, step: step, message: instance.lastRequest, detail: reason)
        try advance(.succeeded)
    }

    /// Makes a running saga roll back from its present step.
    private func rollBack(_ outlook: SagaOutlook, because reason: String) throws {
        if case .failed(let step) = instance.state {
            throw SagaError.notPossible(
                .rollback, instance.reference,
                why: "it has failed: it was to be rolled back, and '\(step)' was not undone")
        }
        guard case .running = instance.state, let step = stepUnderWay else {
            throw SagaError.notPossible(
                .rollback, instance.reference, why: "it is rolling back already")
        }
        // A command that was refused and waits to be sent again has done nothing, and neither has
        // one that was never handled. But an earlier one may have.
        let wasRefused = instance.retryAt != nil && instance.lastRequest == nil
        let hasDoneNothing = wasRefused || outlook.requestIsVoid
        let mayHaveHappened = !hasDoneNothing || instance.retries.isInDoubt
        let inDoubt = instance.executed + (mayHaveHappened ? [step.name] : [])
        if let step = steps.first(where: { inDoubt.contains($0.name) && $0.cannotBeUndone }) {
            throw SagaError.notCompensatable(instance.reference, step: step.name)
        }
        if mayHaveHappened, isEffectInDoubtForGood(of: step) {
            // Without the reply, the data may say wrongly that there is nothing to undo.
            throw SagaError.notCompensatable(instance.reference, step: step.name)
        }
        if let command = outlook.onItsWay, command.id == instance.lastRequest,
            step.compensation?.definition.channel != step.action?.definition.channel
        {
            // Only on the same channel is it certain that the compensation comes after the command.
            throw SagaError.notPossible(
                .rollback, instance.reference,
                why: "the compensation of '\(step.name)' could overtake \(command.id) "
                    + "\(command.type), which is on its way")
        }
        words.append("rolled back from \(step.name)")
        try record(.rollbackOrdered, step: step, message: instance.lastRequest, detail: reason)
        try advance(mayHaveHappened ? .timedOut : .failed)
    }

    /// Ends the saga as failed for good, and frees its locks. The hook is called unless the saga
    /// had failed before, when it was called already.
    func abandon(because reason: String) throws {
        isDecided = true
        let step = instance.state.step
        let hadFailed = instance.state.isEnd
        try record(
            .abandoned, step: stepUnderWay, message: instance.lastRequest, detail: reason)
        words.append("abandoned")
        instance.state = .failed(step: instance.state.step ?? "")
        instance.stopWaiting()
        try unlockParticipants()
        if !hadFailed { try end() }
        try keep(.abandon, at: step, because: reason)
    }

    /// The step under way, or the one that a failed saga stands at.
    private var stepUnderWay: Step<Definition.Data>? {
        steps.first { $0.name == instance.state.step }
    }
}

extension Step {
    /// Whether its action has an effect at a participant.
    var hasEffectElsewhere: Bool {
        if case .participant? = action?.work { true } else { false }
    }

    /// Whether its action has an effect at a participant, and nothing undoes that.
    fileprivate var cannotBeUndone: Bool { compensation == nil && hasEffectElsewhere }
}
