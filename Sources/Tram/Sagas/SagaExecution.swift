/// A ``SagaExecution`` of any definition: the versions of a saga have different types of data, and
/// a manager picks the one by which an instance was started.
protocol SagaInMotion: AnyObject {
    /// What has happened, in words: `CreateOrderSaga 1: approve order done, completed`.
    var summary: String { get }
    /// Where the saga stands.
    var state: SagaState { get }
    /// The command whose reply is awaited; nil when none is.
    var lastRequest: MessageID? { get }
    /// When that reply is late; nil when it may take any time.
    var deadline: Timestamp? { get }
    /// When the operation under way is tried again; nil when that is not what the saga waits for.
    var retryAt: Timestamp? { get }

    /// Takes a reply.
    func take(_ reply: SagaReply) throws -> HandlerOutcome
    /// The deadline has passed.
    func timeOut() throws
    /// The wait before a retry is over.
    func retryOperation() throws
    /// An operator has decided.
    func decide(_ decision: SagaDecision, _ outlook: SagaOutlook, because reason: String) throws
    /// An operator has abandoned the saga.
    func abandon(because reason: String) throws
}

/// One instance inside one transaction: what a start, a reply, a deadline, a retry or a decision
/// makes of it, up to the next reply that must be awaited, or to its end.
///
/// The rules of the machine are in ``SagaState``, as a function without effects; here are the
/// effects. A movement goes like this: an event (``SagaState/Event``) gives the next state,
/// `perform()` begins what that state says, and a local step or a notification, which needs no
/// reply, is at once followed by the next event. The recursion ends at a command whose reply is
/// awaited, or at the end of the saga; it is as deep as the saga has steps.
///
/// Everything is in the caller's transaction: the commands, the log, the row of the instance and
/// what local steps write. A crash undoes the whole movement, and the message that caused it is
/// delivered again.
///
/// - Invariant: `instance.lastRequest` is the only command whose reply counts. It is set when a
///   command is sent, and cleared whenever the saga moves on, so that no late or second reply can
///   move it twice.
final class SagaExecution<Definition: Saga>: SagaInMotion {
    var instance: SagaInstance<Definition.Data>
    let saga: Definition
    let steps: [Step<Definition.Data>]
    let transaction: any Transaction
    private let log: SagaLog
    /// What has happened, a phrase for each event: the effects of the delivery.
    var words: [String] = []
    /// Whether the saga is being started, and no step is done yet. An error of a local step then
    /// goes to the caller of the start, since there is nothing to roll back.
    private var isStarting = false
    /// Whether an operator's decision is being carried out, which is not in the store yet.
    var isDecided = false

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

    var state: SagaState { instance.state }
    var lastRequest: MessageID? { instance.lastRequest }
    var deadline: Timestamp? { instance.deadline }
    var retryAt: Timestamp? { instance.retryAt }
    var summary: String { "\(instance.reference): " + words.joined(separator: ", ") }

    // MARK: What makes a saga move

    /// Begins a new instance with its first step that runs.
    func start() throws {
        isStarting = true
        try saga.starting(instance.reference, &instance.data, transaction)
        try record(.started)
        instance.state = .beginning(choices)
        try perform()
        try save()
    }

    /// Takes a reply: it counts only if it answers the last request. A lock of which it tells is
    /// noted in any case, since somebody must free it in the end.
    func take(_ reply: SagaReply) throws -> HandlerOutcome {
        if let target = reply.lockedTarget, let channel = reply.commandChannel {
            try SagaInstances(transaction).addParticipant(
                instance.reference, channel: channel, target: target)
        }
        guard let request = instance.lastRequest, reply.request == request else {
            try record(.ignored, message: reply.message.id, detail: reply.message.type)
            return .ignored("\(instance.reference) no longer waits for it")
        }
        guard let (step, operation) = operationUnderWay else {
            throw WireFormatError("\(instance.reference) has no step that waits for a reply")
        }
        let name = operation.presentName(ofReply: reply.message.type)
        try operation.replies[name]?(&instance.data, reply.message)
        switch reply.outcome {
        case .success:
            try succeeded(step, message: reply.message.id, detail: reply.message.type)
        case .failure:
            // This command was answered, so nothing is in doubt because of it.
            instance.lastRequest = nil
            guard try !retries(operation, step, after: reply) else { break }
            try refused(step, message: reply.message.id, detail: reply.message.type)
        }
        try save()
        return .handled([summary])
    }

    // MARK: The machine

    /// The step under way and the operation of it that is carried out, by the state; nil at an end.
    var operationUnderWay:
        (step: Step<Definition.Data>, operation: Step<Definition.Data>.Operation)?
    {
        guard let step = steps.first(where: { $0.name == instance.state.step }) else { return nil }
        switch instance.state {
        case .running: return step.action.map { (step, $0) }
        case .compensating: return step.compensation.map { (step, $0) }
        case .completed, .rolledBack, .failed: return nil
        }
    }

    /// What can become of each step, with the data as it is now. A step that was skipped is not
    /// compensated; one that has only a compensation is passed on the way.
    private var choices: [SagaState.StepChoice] {
        let current = steps.firstIndex { $0.name == instance.state.step } ?? -1
        return steps.enumerated().map { index, step in
            let wasDone =
                step.action == nil ? index < current : instance.executed.contains(step.name)
            return SagaState.StepChoice(
                step.name, runs: step.action?.isWanted(instance.data) ?? false,
                compensates: wasDone && step.compensation?.isWanted(instance.data) ?? false)
        }
    }

    /// Moves to the next state, and begins what that says. A step that has happened, or may have,
    /// is noted as executed, so that a rollback compensates it.
    func advance(_ event: SagaState.Event) throws {
        if case .running(let step) = instance.state, event != .failed {
            instance.executed.append(step)
        }
        instance.state = instance.state.next(event, choices)
        instance.stopWaiting()
        try perform()
    }

    /// Begins what the state says, and goes on as far as nothing must be awaited.
    ///
    /// A local operation runs in a savepoint and on a copy of the data: if it is refused, neither
    /// its rows nor its changes to the data are left.
    func perform() throws {
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

    /// Decides whether an error of a local operation is a refusal. An error of the store never is.
    /// On the way back only a ``FailureReply`` is; forward, also those that the step names.
    ///
    /// - Throws: the error again, unless it is a refusal.
    private func takeUp(_ error: any Error, of step: Step<Definition.Data>) throws {
        if let failure = transaction.failure { throw failure }
        if let error = error as? StoreError, error.isFailureOfStore { throw error }
        if isCompensating {
            guard error is any FailureReply else { throw error }
            return
        }
        guard !isStarting, step.isReasonToRollBack(error, &instance.data) else {
            throw error
        }
    }

    /// Sends the command of an operation, and begins to wait for its reply. If a reply was awaited
    /// already, the earlier command is in doubt from now on.
    func send(_ operation: Step<Definition.Data>.Operation, _ step: Step<Definition.Data>)
        throws
    {
        guard case .participant(let request, let isNotification) = operation.work else { return }
        if instance.lastRequest != nil { instance.retries.isInDoubt = true }
        let origin = SagaCommandOrigin(
            saga: instance.reference, step: step.name, isCompensation: isCompensating,
            isRepeated: instance.retries.isInDoubt)
        let envelope = Step<Definition.Data>.Envelope(
            partitionID: instance.reference.id,
            replyTo: isNotification ? nil : Definition.replyChannel, headers: origin.headers)
        let message = try request.send(instance.data, transaction, envelope)
        let event: SagaLogEvent
        if isNotification {
            event = .notified
        } else {
            instance.lastRequest = message
            instance.deadline = operation.deadline.map { transaction.now + $0 }
            instance.retryAt = nil
            event = isCompensating ? .compensating : .requested
            let what = isCompensating ? "undoing of \(step.name)" : step.name
            words.append("\(what) requested")
        }
        try record(event, step: step, message: message, detail: request.commandType)
    }

    /// The operation under way is done: goes on.
    private func succeeded(_ step: Step<Definition.Data>, message: MessageID?, detail: String)
        throws
    {
        isStarting = false
        words.append("\(step.name) \(isCompensating ? "undone" : "done")")
        try record(isCompensating ? .undone : .done, step: step, message: message, detail: detail)
        try advance(.succeeded)
    }

    /// The operation under way was refused: rolls back or, if it was a compensation, fails. If an
    /// earlier command of the step may have been handled, the step itself is compensated, too.
    private func refused(_ step: Step<Definition.Data>, message: MessageID?, detail: String) throws
    {
        let what = isCompensating ? "could not be undone" : "refused"
        words.append("\(step.name) \(what) (\(detail))")
        try record(isCompensating ? .stuck : .refused, step: step, message: message, detail: detail)
        // An earlier command of the step may have been handled, whatever this refusal says.
        let mayHaveHappened = instance.retries.isInDoubt && !isCompensating
        if mayHaveHappened, isEffectInDoubtForGood(of: step) {
            return try fail(inDoubtOf: step, "an earlier command")
        }
        try advance(mayHaveHappened ? .timedOut : .failed)
    }

    /// Whether a step whose command may have been handled would be passed over on the way back: it
    /// has an effect at a participant, and no compensation that is wanted.
    func isEffectInDoubtForGood(of step: Step<Definition.Data>) -> Bool {
        step.hasEffectElsewhere && !isUndoable(step)
    }

    /// Lets the saga fail at a step: a command of it may have been handled, and nothing undoes
    /// that, so an operator must decide.
    ///
    /// - Parameters:
    ///   - step: the step.
    ///   - command: which command, in words.
    func fail(inDoubtOf step: Step<Definition.Data>, _ command: String) throws {
        words.append("\(command) may have been handled, and nothing undoes it")
        instance.executed.append(step.name)
        instance.state = .failed(step: step.name)
        instance.stopWaiting()
        try end()
    }

    /// Whether a step has a compensation that is wanted, with the data as it is.
    func isUndoable(_ step: Step<Definition.Data>) -> Bool {
        step.compensation?.isWanted(instance.data) ?? false
    }

    /// Whether the saga is on its way back.
    var isCompensating: Bool {
        if case .compensating = instance.state { true } else { false }
    }

    // MARK: The end

    /// Logs the end, frees the locks and calls the hook; does nothing in other states.
    func end() throws {
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
            try callHook { try $0.completed(saga, instance.data, transaction) }
        case .rolledBack:
            try unlockParticipants()
            try callHook { try $0.rolledBack(saga, instance.data, transaction) }
        case .failed:
            // Its locks stay: what they protect is neither done nor undone.
            try callHook { try $0.failed(saga, instance.data, transaction) }
        case .running, .compensating: break
        }
    }

    /// Tells the application of the end. An error of its own undoes what it has written, and
    /// nothing else: the saga has ended all the same.
    ///
    /// A row that breaks a deferred rule would only be found at the commit, and take the saga's end
    /// and the other deliveries of the chunk with it. So the rules are checked at the end of the
    /// savepoint, if they held before the hook.
    private func callHook(_ hook: (Definition) throws -> Void) throws {
        let wasSound = try fitsDeferredRules()
        do {
            try transaction.savepoint {
                try hook(saga)
                // A row that only the commit would refuse must not undo the saga's end.
                if wasSound { try transaction.checkDeferredRules() }
            }
        } catch {
            if let failure = transaction.failure { throw failure }
            if let error = error as? StoreError, error.isFailureOfStore { throw error }
            words.append("what was to follow failed (\(error))")
            try record(.hookFailed, detail: "\(error)")
        }
    }

    /// Whether the commit would accept what the transaction has written so far.
    private func fitsDeferredRules() throws -> Bool {
        do {
            try transaction.savepoint { try transaction.checkDeferredRules() }
            return true
        } catch StoreError.constraint {
            return false
        }
    }

    /// Asks the participants to free the locks of which their replies have told. If an operator has
    /// ever decided about the saga, every channel that it may have sent a command to is asked to
    /// free all of them: a reply that was given up may have told of a lock that nobody knows of
    /// here.
    func unlockParticipants() throws {
        for (channel, target) in try SagaInstances(transaction).participants(instance.reference) {
            try unlock(target, on: channel)
        }
        guard try isDecided || SagaDecisions(transaction).exist(about: instance.reference) else {
            return
        }
        // A reply that did not count may have told of a lock that was not noted here.
        let channels = try saga.definition.channels + log.commandChannels(of: instance.reference)
        for channel in channels.uniqued() { try unlock(nil, on: channel) }
    }

    private func unlock(_ target: String?, on channel: String) throws {
        try transaction.unlock(target, on: channel, of: instance.reference)
    }

    // MARK: Keeping

    /// Writes the instance into its row.
    func save() throws {
        try SagaInstances(transaction).save(instance)
    }

    /// Appends an entry to the saga's log, with the data as it is now.
    func record(
        _ event: SagaLogEvent, step: Step<Definition.Data>? = nil, message: MessageID? = nil,
        detail: String = ""
    ) throws {
        let number = steps.firstIndex { $0.name == step?.name }
        try log.append(
            instance.reference, event, step: step.map { (number ?? 0, $0.name) }, message: message,
            detail: detail,
            data: WireFormat.encode(instance.data))
    }
}
