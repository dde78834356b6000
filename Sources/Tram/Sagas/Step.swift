/// One step of a saga: an action, and what undoes it.
///
/// It is built from its name by methods that each return the step with something added. What is said
/// before `withCompensation` is about the action, what comes after it about the compensation.
public struct Step<Data>: Sendable {
    /// The step's name, by which instances remember where they stand.
    public let name: String
    var action: Operation?
    var compensation: Operation?
    private var rollbackErrors: [RollbackError] = []
    /// What was wrong when the step was built; the saga's definition is then refused.
    private(set) var mistake: Mistake?

    enum Mistake {
        case secondOperation
        case nothingToAddTo
    }

    private struct RollbackError: Sendable {
        let record: @Sendable (any Error, inout Data) -> Bool
    }

    /// A step that does nothing yet.
    public init(_ name: String) {
        self.name = name
    }

    // MARK: Actions

    /// Does something in the saga's own service.
    public func invokeLocal(
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ body: @escaping @Sendable (inout Data, any Transaction) throws -> Void
    ) -> Step {
        withAction(Operation(work: .local(body), condition: predicate))
    }

    /// Sends a command to a participant and waits for its reply.
    public func invokeParticipant(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withAction(participant(channel, predicate, command, isNotification: false))
    }

    /// Sends a command to a participant that does not reply. Nobody hears when it was handled: only a
    /// compensation on the same channel is certain to come after it.
    public func notifyParticipant(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withAction(participant(channel, predicate, command, isNotification: true))
    }

    // MARK: Compensations

    /// Undoes the action in the saga's own service. A step without an action is passed on the way
    /// forward, and undone like any other.
    public func withCompensation(
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ body: @escaping @Sendable (inout Data, any Transaction) throws -> Void
    ) -> Step {
        withCompensation(Operation(work: .local(body), condition: predicate))
    }

    /// Undoes the action by a command to a participant, whose reply is awaited.
    public func withCompensation(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withCompensation(participant(channel, predicate, command, isNotification: false))
    }

    /// Undoes the action by a command to a participant that does not reply.
    public func withCompensationNotification(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withCompensation(participant(channel, predicate, command, isNotification: true))
    }

    // MARK: Replies, errors, patience

    /// Takes up what a reply says into the data, before the saga goes on.
    public func onReply<Answer: Reply>(
        _ type: Answer.Type, _ record: @escaping @Sendable (inout Data, Answer) throws -> Void
    ) -> Step {
        onReply(type, forms: [], record)
    }

    /// Takes up what a reply says, also one of another name or form that it had before:
    ///
    /// ```swift
    /// .onReply(CustomerNotFound.self, formerly: "CustomerUnknown") { data, _ in … }
    /// ```
    ///
    /// A retry that names the reply is for its former names, too.
    ///
    /// - Parameters:
    ///   - form: a name, or a form, that the reply had before.
    ///   - more: further ones.
    public func onReply<Answer: Reply>(
        _ type: Answer.Type, formerly form: FormerMessage<Answer>, _ more: FormerMessage<Answer>...,
        record: @escaping @Sendable (inout Data, Answer) throws -> Void
    ) -> Step {
        onReply(type, forms: [form] + more, record)
    }

    private func onReply<Answer: Reply>(
        _ type: Answer.Type, forms: [FormerMessage<Answer>],
        _ record: @escaping @Sendable (inout Data, Answer) throws -> Void
    ) -> Step {
        let reader = MessageReader(Answer.replyType, formerly: forms)
        return changingLast { operation in
            operation.replies[Answer.replyType] = { data, reply in
                try record(&data, reader.content(of: reply))
            }
            for name in reader.formerNames {
                operation.formerReplies.append((type: Answer.replyType, formerly: name))
            }
        }
    }

    /// Makes an error of the local action a reason to roll back, and takes it up into the data. Any
    /// ``FailureReply`` is one without being named; every other error is an accident.
    public func rollingBack<Problem: Error>(
        on type: Problem.Type,
        _ record: @escaping @Sendable (inout Data, Problem) -> Void = { _, _ in }
    ) -> Step {
        var step = self
        step.rollbackErrors.append(
            RollbackError { error, data in
                guard let problem = error as? Problem else { return false }
                record(&data, problem)
                return true
            })
        return step
    }

    /// Sends the command again when it is refused with this reply, before the refusal counts. Any other
    /// refusal counts at once, unless another retry names it.
    ///
    /// ```swift
    /// Step("charge card").invokeParticipant(.bank, charge)
    ///     .retrying(3, on: GatewayBusy.self, after: .seconds(1), backoff: 2)
    /// ```
    ///
    /// The step waits 1 s, 2 s and 4 s then, and no thread with it: a relay sends the command when it is
    /// time.
    ///
    /// - Parameters:
    ///   - times: how often, from 1; each reply is counted for itself.
    ///   - wait: how long before the first time, to the millisecond.
    ///   - backoff: how many times as long as before it is waited each further time.
    public func retrying(
        _ times: Int, on reply: (some FailureReply).Type, after wait: Duration = .zero,
        backoff: Int = 1
    ) -> Step {
        retrying(
            Retry(
                cause: .refusal(reply.replyType), times: times, wait: wait, backoff: backoff))
    }

    /// Sends the command again after its deadline, or after any refusal that no other retry names.
    ///
    /// What was asked for before the deadline may have happened, or happen later: the participant may
    /// do it twice, unless it does nothing the second time. Until the command is sent again a late reply
    /// still counts; after that, only the reply to the last command does. When the step rolls back in
    /// the end, its compensation is sent also if the last reply was a refusal.
    ///
    /// - Parameters:
    ///   - times: how often, from 1.
    ///   - wait: how long before the first time, to the millisecond.
    ///   - backoff: how many times as long as before it is waited each further time.
    public func retrying(
        _ times: Int, on cause: RetryCause, after wait: Duration = .zero, backoff: Int = 1
    ) -> Step {
        retrying(Retry(cause: cause.cause, times: times, wait: wait, backoff: backoff))
    }

    /// Stops waiting for the reply after this time, to the millisecond.
    ///
    /// An action is then sent again if a retry says so, or the saga rolls back. What was asked for may
    /// have happened, or happen later: so the step's own compensation is sent too, which comes after
    /// it; where none is wanted, the saga has failed at the step. A compensation is sent again if a retry says so, or the saga has failed at the step.
    public func deadline(_ time: Duration) -> Step {
        changingLast { $0.deadline = time }
    }

    // MARK: -

    /// Whether an error of the local action means to roll back; if so, it is taken up into the data.
    func isReasonToRollBack(_ error: any Error, _ data: inout Data) -> Bool {
        for reason in rollbackErrors where reason.record(error, &data) { return true }
        return error is any FailureReply
    }

    private func participant<Request: Command>(
        _ channel: CommandChannel, _ predicate: (@Sendable (Data) -> Bool)?,
        _ command: @escaping @Sendable (Data) -> Request, isNotification: Bool
    ) -> Operation {
        let request = Self.Request(channel: channel, commandType: Request.commandType) {
            data, transaction, envelope in
            try transaction.send(
                command(data), to: channel, orderedBy: envelope.partitionID,
                replyTo: envelope.replyTo, sagaHeaders: envelope.headers)
        }
        return Operation(
            work: .participant(request, isNotification: isNotification), condition: predicate)
    }

    private func retrying(_ retry: Retry) -> Step {
        changingLast { $0.retries.append(retry) }
    }

    private func withAction(_ operation: Operation) -> Step {
        var step = self
        if action != nil || compensation != nil { step.mistake = .secondOperation }
        step.action = operation
        return step
    }

    private func withCompensation(_ operation: Operation) -> Step {
        var step = self
        if compensation != nil { step.mistake = .secondOperation }
        step.compensation = operation
        return step
    }

    /// Changes what was added last: the compensation if there is one, else the action.
    private func changingLast(_ change: (inout Operation) -> Void) -> Step {
        var step = self
        if var compensation = step.compensation {
            change(&compensation)
            step.compensation = compensation
        } else if var action = step.action {
            change(&action)
            step.action = action
        } else {
            step.mistake = .nothingToAddTo
        }
        return step
    }
}
