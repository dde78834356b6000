/// What sagas do when time has passed.
extension SagaManager {
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

    private func awaited(_ waiting: SagaInstances.Waiting) -> AwaitedMessage {
        let request = waiting.request.flatMap { MessageID($0) }?.description
        let what = waiting.isRetry ? "to try again" : "for the reply to \(request ?? "nothing")"
        return AwaitedMessage(
            id: waiting.saga.id, channel: Definition.replyChannel, partitionID: waiting.saga.id,
            deadline: waiting.due, description: "\(waiting.saga) \(what)",
            canCome: !waiting.isRetry || request != nil)
    }

    public func expire(
        _ awaited: AwaitedMessage, in transaction: any Transaction
    ) throws -> String? {
        let reference = SagaReference(type: Definition.sagaType, id: awaited.id)
        guard let row = try SagaInstances(transaction).row(reference) else {
            throw SagaError.notFound(reference)
        }
        let execution = try execution(of: row, transaction)
        // Since it was found overdue, the reply may have come, or another relay has been here.
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
