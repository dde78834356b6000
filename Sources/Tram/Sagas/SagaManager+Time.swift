/// What sagas do when time has passed: a reply is late, or the wait before a retry is over.
extension SagaManager {
    /// The instances that wait for a reply up to a deadline, or for a retry. The subscriber's own
    /// id of an ``AwaitedMessage`` is the saga's.
    public func awaited(
        overdueAt: Timestamp?, after last: AwaitedMessage?, limit: Int,
        in transaction: any Transaction
    ) throws -> [AwaitedMessage] {
        try SagaInstances(transaction)
            .waiting(
                type: Definition.sagaType, overdueAt: overdueAt,
                after: last.map { ($0.deadline, $0.id) }, limit: limit
            )
            .map(awaited)
    }

    /// A wait, as a relay needs it. A retry after a deadline can still be overtaken by the late
    /// reply; a retry after a refusal waits for the time only.
    private func awaited(_ waiting: SagaInstances.Waiting) -> AwaitedMessage {
        let request = waiting.request.flatMap { MessageID($0) }?.description
        let what = waiting.isRetry ? "to try again" : "for the reply to \(request ?? "nothing")"
        return AwaitedMessage(
            id: waiting.saga.id, channel: Definition.replyChannel, partitionID: waiting.saga.id,
            deadline: waiting.due, description: "\(waiting.saga) \(what)",
            canCome: !waiting.isRetry || request != nil)
    }

    /// Lets an instance time out, or sends its command again. The instance is read anew and
    /// compared with what was awaited: if a reply has come, or another relay was here, nothing is
    /// done.
    ///
    /// - Returns: what the saga has done, in words; nil when it does not wait for this any more.
    /// - Throws: ``SagaError/notFound(_:)`` when the saga is gone; ``SagaDamage`` or
    ///   ``SagaStranded`` when it cannot go on; an error of a local step that is not a refusal.
    public func expire(
        _ awaited: AwaitedMessage, in transaction: any Transaction
    ) throws -> String? {
        let reference = SagaReference(type: Definition.sagaType, id: awaited.id)
        guard let row = try SagaInstances(transaction).row(reference) else {
            throw SagaError.notFound(reference)
        }
        let execution = try execution(of: row, transaction)
        // The reply may have come since the wait was read, or another relay has been here.
        guard !execution.state.isEnd, let due = execution.retryAt ?? execution.deadline,
            self.awaited(
                SagaInstances.Waiting(
                    saga: reference, request: execution.lastRequest?.description, due: due,
                    isRetry: execution.retryAt != nil)) == awaited
        else { return nil }
        try transaction.causing(byCommandOf: reference, execution.lastRequest) {
            if execution.retryAt != nil {
                try execution.retryOperation()
            } else {
                try execution.timeOut()
            }
        }
        return execution.summary
    }
}
