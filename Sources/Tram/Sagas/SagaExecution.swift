/// One instance inside one transaction: what a start, a reply, a deadline or a retry makes of it, up
/// to the next reply that must be awaited, or to its end.
final class SagaExecution<Definition: Saga> {
    private(set) var instance: SagaInstance<Definition.Data>
    private let saga: Definition
    private let steps: [Step<Definition.Data>]
    private let transaction: any Transaction
    private let log: SagaLog
    private var words: [String] = []
    /// Until its first step is done, an error of a local step is the starter's.
    private var isStarting = false

    init(
        _ saga: Definition, _ instance: SagaInstance<Definition.Data>,
        _ transaction: any Transaction
    ) {
        self.saga = saga
        self.instance = instance
        self.transaction = transaction
        steps = saga.steps
        log = SagaLog(transaction)
    }

    /// What has happened, in words: `CreateOrderSaga 1: approve order done, completed`.
    var summary: String { "\(instance.reference): " + words.joined(separator: ", ") }

    // MARK: What makes a saga move

    func start() throws {
        isStarting = true
        try saga.starting(instance.reference, &instance.data, transaction)
        try record(.started)
        try advance(.succeeded)
        try save()
    }

    func take(_ reply: SagaReply) throws -> HandlerOutcome {
        if let target = reply.lockedTarget, let channel = reply.commandChannel {
            try noteLock(target, channel: channel)
        }
        guard !instance.state.isEnd, reply.request == instance.lastRequest else {
            try record(.ignored, message: reply.message.id, detail: reply.message.type)
            let reason =
                instance.state.isEnd
                ? "\(instance.reference) has ended" : "\(instance.reference) no longer waits for it"
            return .ignored(reason)
        }
        guard let (step, operation) = operationUnderWay else {
            throw WireFormatError("\(instance.reference) has no step that waits for a reply")
        }
        try operation.replies[reply.message.type]?(&instance.data, reply.message.payload)
        switch reply.outcome {
        case .success:
            try succeeded(step, message: reply.message.id, detail: reply.message.type)
        case .failure where instance.attempts < operation.retries:
            instance.attempts += 1
            words.append("\(steps[step].name) refused (\(reply.message.type)), sent again")
            try record(.retried, step: step, message: reply.message.id, detail: reply.message.type)
            try send(operation, step)
        case .failure:
            try refused(step, message: reply.message.id, detail: reply.message.type)
        }
        try save()
        return .handled([summary])
    }

    func timeOut() throws {
        guard let (step, _) = operationUnderWay else {
            throw WireFormatError("\(instance.reference) has no step that waits for a reply")
        }
        words.append("\(steps[step].name) timed out")
        try record(.timedOut, step: step, message: instance.lastRequest)
        try advance(.timedOut)
        try save()
    }

    func retryCompensation(_ step: Int) throws {
        instance.state = .compensating(step: step)
        guard operationUnderWay != nil else {
            throw SagaDamage(
                instance.reference, "it has failed at step \(step), which has no compensation")
        }
        try perform()
        try save()
    }

    // MARK: The machine

    private var operationUnderWay: (step: Int, operation: Step<Definition.Data>.Operation)? {
        switch instance.state {
        case .running(let step):
            steps.indices.contains(step) ? steps[step].action.map { (step, $0) } : nil
        case .compensating(let step):
            steps.indices.contains(step) ? steps[step].compensation.map { (step, $0) } : nil
        case .completed, .rolledBack, .failed: nil
        }
    }

    /// What can become of each step, with the data as it is now. A step that was skipped is not
    /// compensated; one that has only a compensation is passed on the way.
    private var choices: [SagaState.StepChoice] {
        var current = -1
        switch instance.state {
        case .running(let step), .compensating(let step): current = step
        case .completed, .rolledBack, .failed: break
        }
        return steps.enumerated().map { index, step in
            let wasDone =
                step.action == nil ? index < current : instance.executed.contains(index)
            return SagaState.StepChoice(
                runs: step.action?.isWanted(instance.data) ?? false,
                compensates: wasDone && step.compensation?.isWanted(instance.data) ?? false)
        }
    }

    private func advance(_ event: SagaState.Event) throws {
        if case .running(let step) = instance.state, step >= 0, event != .failed {
            instance.executed.insert(step)
        }
        instance.state = instance.state.next(event, choices)
        instance.lastRequest = nil
        instance.deadline = nil
        instance.attempts = 0
        try perform()
    }

    /// Begins what the state says, and goes on as far as nothing must be awaited.
    private func perform() throws {
        guard let (step, operation) = operationUnderWay else { return try end() }
        switch operation.work {
        case .local(let body):
            do {
                try transaction.savepoint {
                    var data = instance.data
                    try body(&data, transaction)
                    instance.data = data
                }
            } catch {
                try takeUp(error, of: step)
                return try refused(step, message: nil, detail: "\(error)")
            }
            try succeeded(step, message: nil, detail: "")
        case .participant(_, let isNotification):
            try send(operation, step)
            if isNotification { try succeeded(step, message: nil, detail: "") }
        }
    }

    /// - Throws: the error again, unless it is a reason to roll back.
    private func takeUp(_ error: any Error, of step: Int) throws {
        if let error = error as? StoreError, error.isFailureOfStore { throw error }
        if isCompensating {
            guard error is any FailureReply else { throw error }
            return
        }
        guard !isStarting, steps[step].isReasonToRollBack(error, &instance.data) else {
            throw error
        }
    }

    private func send(_ operation: Step<Definition.Data>.Operation, _ step: Int) throws {
        guard case .participant(let request, let isNotification) = operation.work else { return }
        let envelope = Step<Definition.Data>.Envelope(
            partitionID: instance.reference.id,
            replyTo: isNotification ? nil : Definition.replyChannel,
            headers: SagaCommandOrigin(
                saga: instance.reference, step: steps[step].name, isCompensation: isCompensating
            ).headers)
        let message = try request.send(instance.data, transaction, envelope)
        let event: SagaLogEvent
        if isNotification {
            event = .notified
        } else {
            instance.lastRequest = message
            instance.deadline = operation.deadline.map { transaction.now + $0 }
            event = isCompensating ? .compensating : .requested
            let name = steps[step].name
            words.append(isCompensating ? "undoing of \(name) requested" : "\(name) requested")
        }
        try record(event, step: step, message: message, detail: request.commandType)
    }

    private func succeeded(_ step: Int, message: MessageID?, detail: String) throws {
        isStarting = false
        words.append("\(steps[step].name) \(isCompensating ? "undone" : "done")")
        try record(isCompensating ? .undone : .done, step: step, message: message, detail: detail)
        try advance(.succeeded)
    }

    private func refused(_ step: Int, message: MessageID?, detail: String) throws {
        let what = isCompensating ? "could not be undone" : "refused"
        words.append("\(steps[step].name) \(what) (\(detail))")
        try record(isCompensating ? .stuck : .refused, step: step, message: message, detail: detail)
        try advance(.failed)
    }

    private var isCompensating: Bool {
        if case .compensating = instance.state { true } else { false }
    }

    // MARK: The end

    private func end() throws {
        let event: SagaLogEvent
        switch instance.state {
        case .completed:
            event = .completed
            words.append("completed")
        case .rolledBack:
            event = .rolledBack
            words.append("rolled back")
        case .failed:
            event = .failed
            words.append("FAILED")
        case .running, .compensating: return
        }
        try record(event)
        let saga = instance.reference
        switch instance.state {
        case .completed:
            try unlockParticipants()
            try self.saga.completed(saga, instance.data, transaction)
        case .rolledBack:
            try unlockParticipants()
            try self.saga.rolledBack(saga, instance.data, transaction)
        case .failed:
            // Its locks stay: what they protect is neither done nor undone.
            try self.saga.failed(saga, instance.data, transaction)
        case .running, .compensating: break
        }
    }

    /// Remembers a lock that a participant holds for the saga; one that comes too late is freed.
    private func noteLock(_ target: String, channel: String) throws {
        try SagaInstances(transaction).addParticipant(
            instance.reference, channel: channel, target: target)
        switch instance.state {
        case .completed, .rolledBack: try unlock(target, on: channel)
        case .running, .compensating, .failed: break
        }
    }

    private func unlockParticipants() throws {
        for (channel, target) in try SagaInstances(transaction).participants(instance.reference) {
            try unlock(target, on: channel)
        }
    }

    private func unlock(_ target: String, on channel: String) throws {
        try transaction.unlock(target, on: channel, of: instance.reference)
    }

    // MARK: Keeping

    private func save() throws {
        try SagaInstances(transaction).save(instance)
    }

    private func record(
        _ event: SagaLogEvent, step: Int? = nil, message: MessageID? = nil, detail: String = ""
    ) throws {
        try log.append(
            instance.reference, event, step: step, message: message, detail: detail,
            data: WireFormat.encode(instance.data))
    }
}
