/// What becomes of a command that was refused, or whose reply did not come in time.
///
/// A refusal proves that this command has done nothing. A deadline proves nothing: the command may
/// be handled at any time after it. So after a deadline the step counts as one that may have
/// happened, and its own compensation is sent too, on the same channel and therefore behind it.
extension SagaExecution {
    /// No reply has come before the deadline: sends the command again if a retry is left, else
    /// rolls back. Until a command that waits to be sent again is really sent, the late reply still
    /// counts.
    func timeOut() throws {
        guard let (step, operation) = operationUnderWay else {
            throw WireFormatError("\(instance.reference) has no step that waits for a reply")
        }
        words.append("\(step.name) timed out")
        try record(.timedOut, step: step, message: instance.lastRequest)
        instance.deadline = nil
        if let retry = operation.retryAfterDeadline, isLeft(retry) {
            // Until the command is sent again, the late reply still counts.
            try sendAgain(operation, step, retry)
        } else if !isCompensating, isEffectInDoubtForGood(of: step) {
            try fail(inDoubtOf: step, "its command")
        } else {
            try advance(.timedOut)
        }
        try save()
    }

    /// Sends a refused command again if a retry for this refusal is left, now or after its wait.
    ///
    /// - Returns: whether it does; if not, the refusal counts.
    func retries(
        _ operation: Step<Definition.Data>.Operation, _ step: Step<Definition.Data>,
        after refusal: SagaReply
    ) throws -> Bool {
        let type = refusal.message.type
        let name = operation.presentName(ofReply: type)
        guard let retry = operation.retry(afterRefusalBy: name), isLeft(retry) else { return false }
        instance.deadline = nil
        words.append("\(step.name) refused (\(type))")
        try sendAgain(operation, step, retry, message: refusal.message.id, detail: type)
        return true
    }

    /// Sends the command again: its wait is over.
    func retryOperation() throws {
        guard let (step, operation) = operationUnderWay else {
            throw WireFormatError("\(instance.reference) has no step that could be tried again")
        }
        try record(.retried, step: step)
        try send(operation, step)
        try save()
    }

    /// Whether a retry has not been used up.
    private func isLeft(_ retry: Retry) -> Bool { instance.retries[retry.cause] < retry.times }

    /// Counts the retry, and sends the command now, or notes when to.
    private func sendAgain(
        _ operation: Step<Definition.Data>.Operation, _ step: Step<Definition.Data>,
        _ retry: Retry, message: MessageID? = nil, detail: String = ""
    ) throws {
        instance.retries[retry.cause] += 1
        let wait = retry.wait(before: instance.retries[retry.cause])
        if wait == .zero {
            words.append("sent again")
            try record(.retried, step: step, message: message, detail: detail)
            try send(operation, step)
        } else {
            words.append("to be sent again after \(wait)")
            try record(.waiting, step: step, message: message, detail: detail)
            instance.retryAt = transaction.now + wait
        }
    }
}
