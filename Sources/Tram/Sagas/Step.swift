/// One step of a saga: an action, and what undoes it.
///
/// A step is built from its name by methods that each return the step with something added. What is
/// said before `withCompensation` is about the action, what comes after it about the compensation:
///
/// ```swift
/// Step("reserve room")
///     .invokeParticipant(.hotel) { data in ReserveRoom(hotel: data.hotel) }
///     .onReply(RoomReserved.self) { data, reply in data.room = reply.room }
///     .retrying(2, on: .deadline)
///     .deadline(.seconds(30))
///     .withCompensation(.hotel) { data in CancelRoom(trip: data.trip) }
///     .retrying(5, on: .anyRefusal, after: .seconds(1), backoff: 2)
/// ```
///
/// A step that nothing undoes either has no effect that must be undone, or comes behind the saga's
/// pivot, where nothing may be refused any more. The closures must not depend on anything but their
/// arguments: they may be called again after a crash, by another process. What is built wrongly is
/// not refused here, but when the ``SagaManager`` is made: see ``SagaDefinitionError``.
///
/// After the saga DSL of Eventuate Tram Sagas
/// (`step().invokeParticipant(…).onReply(…).withCompensation(…)`).
public struct Step<Data>: Sendable {
    /// The step's name, by which instances remember where they stand: unique in the saga.
    public let name: String
    var action: Operation?
    var compensation: Operation?
    /// The errors of the local action that are refusals.
    private var rollbackErrors: [RollbackError] = []
    /// What was wrong when the step was built; the saga's definition is then refused. Kept instead
    /// of thrown, so that the methods can be chained without `try`.
    private(set) var mistake: Mistake?

    /// A call that does not fit what the step has so far.
    enum Mistake {
        /// There was an action, or a compensation, already.
        case secondOperation
        /// There was neither an action nor a compensation.
        case nothingToAddTo
    }

    /// An error that is a refusal: takes it into the data if it is of the right type, and tells
    /// whether it was.
    private struct RollbackError: Sendable {
        let record: @Sendable (any Error, inout Data) -> Bool
    }

    /// A step that does nothing yet.
    ///
    /// - Parameter name: unique in the saga. It is stored with every instance, so another name
    ///   needs another ``Saga/version``.
    public init(_ name: String) {
        self.name = name
    }

    // MARK: Actions

    /// Does something in the saga's own service, in the transaction that moves the saga.
    ///
    /// An error of ``rollingBack(on:_:)``, or any ``FailureReply``, is a refusal: what the body
    /// wrote is undone, and the saga rolls back. Every other error is an accident: the delivery
    /// fails, and the step is tried again.
    ///
    /// - Parameters:
    ///   - predicate: decides, with the data as it is then, whether the step is done; always when
    ///     nil. A step that is not done is not compensated either.
    ///   - body: may change the data.
    public func invokeLocal(
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ body: @escaping @Sendable (inout Data, any Transaction) throws -> Void
    ) -> Step {
        withAction(Operation(work: .local(body), condition: predicate))
    }

    /// Sends a command to a participant and waits for its reply: any reply with the outcome
    /// "success" counts as done, any ``FailureReply`` as refused.
    ///
    /// - Parameters:
    ///   - channel: where the participant receives its commands.
    ///   - predicate: decides whether the step is done; always when nil.
    ///   - command: makes the command of the saga's data.
    public func invokeParticipant(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withAction(participant(channel, predicate, command, isNotification: false))
    }

    /// Sends a command to a participant that does not reply, and goes on at once. Nobody hears when
    /// it was handled, or that it was refused: only a compensation on the same channel is certain
    /// to come after it.
    ///
    /// - Parameters:
    ///   - channel: where the participant receives its commands.
    ///   - predicate: decides whether the step is done; always when nil.
    ///   - command: makes the command of the saga's data.
    public func notifyParticipant(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withAction(participant(channel, predicate, command, isNotification: true))
    }

    // MARK: Compensations

    /// Undoes the action in the saga's own service. A step without an action is passed on the way
    /// forward, and undone like any other: for what was done before the saga began.
    ///
    /// - Parameters:
    ///   - predicate: decides, with the data as it is on the way back, whether there is something
    ///     to undo; always when nil.
    ///   - body: may change the data. A ``FailureReply`` that it throws makes the saga fail at this
    ///     step; any other error is tried again.
    public func withCompensation(
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ body: @escaping @Sendable (inout Data, any Transaction) throws -> Void
    ) -> Step {
        withCompensation(Operation(work: .local(body), condition: predicate))
    }

    /// Undoes the action by a command to a participant, whose reply is awaited. A refusal, when no
    /// retry is left, makes the saga fail at this step.
    ///
    /// - Parameters:
    ///   - channel: where the participant receives its commands. On the action's channel the
    ///     compensation is certain to come after the action, also when that was never answered.
    ///   - predicate: decides whether there is something to undo; always when nil.
    ///   - command: makes the command of the saga's data.
    public func withCompensation(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withCompensation(participant(channel, predicate, command, isNotification: false))
    }

    /// Undoes the action by a command to a participant that does not reply: the step counts as
    /// undone at once.
    ///
    /// - Parameters:
    ///   - channel: where the participant receives its commands.
    ///   - predicate: decides whether there is something to undo; always when nil.
    ///   - command: makes the command of the saga's data.
    public func withCompensationNotification(
        _ channel: CommandChannel,
        when predicate: (@Sendable (Data) -> Bool)? = nil,
        _ command: @escaping @Sendable (Data) -> some Command
    ) -> Step {
        withCompensation(participant(channel, predicate, command, isNotification: true))
    }

    // MARK: Replies, errors, patience

    /// Records what a reply says in the saga's data, before the saga goes on. A reply that is not
    /// named by any `onReply` counts just the same, and leaves the data as it is.
    ///
    /// ```swift
    /// .onReply(RoomReserved.self) { data, reply in data.room = reply.room }
    /// ```
    ///
    /// - Parameters:
    ///   - type: the type of the reply, a success or a failure.
    ///   - record: changes the data. An error that it throws makes the delivery of the reply fail,
    ///     so that it is tried again.
    public func onReply<Answer: Reply>(
        _ type: Answer.Type, _ record: @escaping @Sendable (inout Data, Answer) throws -> Void
    ) -> Step {
        onReply(type, forms: [], record)
    }

    /// Records what a reply says, also one of another name or form that it had before:
    ///
    /// ```swift
    /// .onReply(CustomerNotFound.self, formerly: "CustomerUnknown") { data, _ in … }
    /// ```
    ///
    /// A retry that names the reply is for its former names, too.
    ///
    /// - Parameters:
    ///   - type: the type of the reply as it is now.
    ///   - form: a name, or a form, that the reply had before.
    ///   - more: further ones.
    ///   - record: changes the data.
    public func onReply<Answer: Reply>(
        _ type: Answer.Type, formerly form: FormerMessage<Answer>, _ more: FormerMessage<Answer>...,
        record: @escaping @Sendable (inout Data, Answer) throws -> Void
    ) -> Step {
        onReply(type, forms: [form] + more, record)
    }

    /// Adds a reply to the operation that was added last, under its present and its former names.
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

    /// Makes an error of the local action a refusal, after which the saga rolls back. Any
    /// ``FailureReply`` is one without being named; every other error is an accident, and tried
    /// again.
    ///
    /// ```swift
    /// Step("take stock").invokeLocal(take).rollingBack(on: OutOfStock.self) { data, error in
    ///     data.missing = error.article
    /// }
    /// ```
    ///
    /// An error of the first step of all is always thrown to whoever starts the saga.
    ///
    /// - Parameters:
    ///   - type: the type of the error.
    ///   - record: notes the error in the data, which are otherwise as they were before the action.
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

    /// Sends the command again when it is refused with this reply, before the refusal counts. Any
    /// other refusal counts at once, unless another retry names it.
    ///
    /// ```swift
    /// Step("charge card").invokeParticipant(.bank, charge)
    ///     .retrying(3, on: GatewayBusy.self, after: .seconds(1), backoff: 2)
    /// ```
    ///
    /// This step waits 1 s, 2 s and 4 s. No thread waits with it: a relay sends the command when it
    /// is time.
    ///
    /// - Parameters:
    ///   - times: how often, from 1; each reply is counted for itself.
    ///   - reply: the type of the refusal.
    ///   - wait: how long to wait before the first time, to the millisecond.
    ///   - backoff: by what each further wait is multiplied, from 1. Waits grow up to a
    ///     year.
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
    /// What was asked for before the deadline may have happened, or happen later. So the
    /// participant may get the command twice, and must do nothing the second time. Until the
    /// command is sent again a late reply still counts; after that, only the reply to the last
    /// command does. When the step rolls back in the end, its compensation is sent also if the last
    /// reply was a refusal.
    ///
    /// - Parameters:
    ///   - times: how often, from 1.
    ///   - cause: the deadline, or any refusal.
    ///   - wait: how long to wait before the first time, to the millisecond.
    ///   - backoff: by what each further wait is multiplied, from 1. Waits grow up to a
    ///     year.
    public func retrying(
        _ times: Int, on cause: RetryCause, after wait: Duration = .zero, backoff: Int = 1
    ) -> Step {
        retrying(Retry(cause: cause.cause, times: times, wait: wait, backoff: backoff))
    }

    /// Stops waiting for the reply after this time.
    ///
    /// An action is then sent again if a retry says so, or the saga rolls back. What was asked for
    /// may have happened, or happen later, so the step's own compensation is sent too, and comes
    /// after it. That is why an action with a deadline needs a compensation on the same channel and
    /// without a condition. A compensation is sent again if a retry says so, or the saga fails at
    /// the step.
    ///
    /// The deadline counts from the sending of each command, by the store's clock. It is met by the
    /// first relay that runs after it; a reply that is already in an outbox then is delivered
    /// instead.
    ///
    /// - Parameter time: more than zero, to the millisecond.
    public func deadline(_ time: Duration) -> Step {
        changingLast { $0.deadline = time }
    }

    // MARK: -

    /// Whether an error of the local action is a refusal; if so, it is recorded in the data.
    func isReasonToRollBack(_ error: any Error, _ data: inout Data) -> Bool {
        for reason in rollbackErrors where reason.record(error, &data) { return true }
        return error is any FailureReply
    }

    /// An operation that sends a command.
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

    /// Adds a retry to the operation that was added last.
    private func retrying(_ retry: Retry) -> Step {
        changingLast { $0.retries.append(retry) }
    }

    /// The step with an action, which must come first.
    private func withAction(_ operation: Operation) -> Step {
        var step = self
        if action != nil || compensation != nil { step.mistake = .secondOperation }
        step.action = operation
        return step
    }

    /// The step with a compensation.
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
