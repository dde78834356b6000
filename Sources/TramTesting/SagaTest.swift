public import Tram

/// A test of a saga without its participants: given a saga and its data, expect commands, give
/// replies, and expect how it ends.
///
/// ```swift
/// try SagaTest(CreateOrderSaga(), CreateOrderSaga.Data(customerID: 1, total: 400))
///     .expect(ReserveCredit(customerID: 1, total: 400), to: .customerService)
///     .reply(CustomerNotFound(customerID: 1))
///     .expectRolledBack { data in #expect(data.rejection == "unknown customer") }
/// ```
///
/// A step that waits is tested by letting time pass, since no clock runs by itself:
///
/// ```swift
/// try SagaTest(BookTripSaga(), BookTripSaga.Data(trip: 1))
///     .expect(ReserveRoom(trip: 1), to: .hotel)
///     .pass(.seconds(30))  // The step's deadline: its own compensation is sent.
///     .ignoredReply(RoomReserved(room: 1))
///     .expect(CancelRoom(trip: 1), to: .hotel)
///     .reply(RoomCanceled())
///     .expectRolledBack()
/// ```
///
/// What an operator decides is tested the same way: see ``decide(_:because:)``.
///
/// Replies are sent and delivered by the real outbox and relay, and any ``Mishap`` is really
/// provoked. What is not as expected is thrown, in words, as ``Unexpected``, so the test works in
/// any test framework. In the spirit of the unit-test DSL of Eventuate Tram Sagas
/// (`SagaUnitTestSupport`). A ``ParticipantTest`` is the counterpart for participants.
public final class SagaTest<Definition: Saga> {
    private let manager: SagaManager<Definition>
    private let bench: TestBench
    private let id: String
    /// The command whose reply comes next.
    private var request: Message?

    /// Starts the saga, whose first command is then there to be expected.
    ///
    /// - Parameters:
    ///   - saga: the definition.
    ///   - data: what the instance begins with.
    ///   - store: the store of the saga's service; one in memory when nil. In any other, time
    ///     passes by its own clock.
    ///   - tables: statements that make what the saga's local steps need in a store in memory.
    /// - Throws: `WiringError.badSaga` when the definition has a mistake; what `starting` or the
    ///   first step throws, when that is local.
    public init(
        _ saga: Definition, _ data: Definition.Data, on store: (any Store)? = nil,
        tables: [String] = []
    ) throws {
        let manager = try SagaManager(saga, id: "test")
        self.manager = manager
        bench = try TestBench(
            store, tables: tables, clock: TestClock(), subscribers: [manager])
        id = try bench.store.write { try manager.start(data, in: $0).reference.id }
    }

    // MARK: Expecting commands

    /// Expects that the next command is this one, to this channel, and that its reply is awaited.
    /// ``reply(_:locking:despite:)`` then answers it.
    ///
    /// ```swift
    /// .expect(ReserveCredit(customerID: 1, total: 400), to: .customerService)
    /// ```
    ///
    /// Commands are looked at in the order in which the saga has sent them, each once. Events that
    /// its local steps publish are passed over.
    ///
    /// - Throws: ``Unexpected`` when there is no further command, it is another one, or it wants no
    ///   reply.
    @discardableResult
    public func expect(_ command: some Command, to channel: CommandChannel) throws -> Self {
        let message = try expectMessage(command, to: channel)
        guard message.headers[MessageHeader.commandReplyTo] == Definition.replyChannel else {
            throw Unexpected("\(message.type) awaits no reply")
        }
        request = message
        return self
    }

    /// Expects that the next command is this one, to this channel, and that no reply to it is
    /// awaited.
    ///
    /// - Throws: ``Unexpected``.
    @discardableResult
    public func expectNotification(
        _ command: some Command, to channel: CommandChannel
    ) throws -> Self {
        let message = try expectMessage(command, to: channel)
        guard message.headers[MessageHeader.commandReplyTo] == nil else {
            throw Unexpected("\(message.type) awaits a reply")
        }
        return self
    }

    /// Expects that the saga asks a participant to free a lock of which a reply has told.
    ///
    /// ```swift
    /// .reply(RoomReserved(room: 1), locking: "hotel 1")
    /// .expectUnlock(of: "hotel 1", on: .hotel)
    /// .expectCompleted()
    /// ```
    ///
    /// - Throws: ``Unexpected`` when the next command is another one.
    @discardableResult
    public func expectUnlock(of target: String, on channel: CommandChannel) throws -> Self {
        let message = try nextCommand()
        guard message?.type == "SagaUnlockCommand",
            message?.headers[MessageHeader.commandResource] == target,
            message?.destination == channel.name
        else { throw Unexpected("\(target) is not unlocked") }
        return self
    }

    /// Expects that the saga asks a participant to free all locks that it has. That happens when an
    /// operator has decided about the saga, who may have given up a reply that told of one.
    ///
    /// - Throws: ``Unexpected`` when the next command is another one.
    @discardableResult
    public func expectUnlock(on channel: CommandChannel) throws -> Self {
        let message = try nextCommand()
        guard message?.type == "SagaUnlockCommand",
            message?.headers[MessageHeader.commandResource] == nil,
            message?.destination == channel.name
        else { throw Unexpected("\(channel.name) is not asked to unlock everything") }
        return self
    }

    /// Expects that the saga has sent no further command.
    ///
    /// - Throws: ``Unexpected``, with the command.
    @discardableResult
    public func expectNoCommand() throws -> Self {
        if let message = try nextCommand() {
            throw Unexpected("\(message.type) was sent to \(message.destination)")
        }
        return self
    }

    // MARK: Giving replies

    /// Answers the command that was expected last, as its participant does.
    ///
    /// ```swift
    /// .reply(RoomReserved(room: 1), locking: "hotel 1", despite: .deliveredTwice)
    /// ```
    ///
    /// - Parameters:
    ///   - reply: a success, or a `FailureReply`, which is a refusal.
    ///   - lockedTarget: what the participant has locked for the saga, if anything; the saga must
    ///     free it when it ends.
    ///   - mishap: what goes wrong at the delivery of the reply; nothing when nil.
    /// - Throws: ``Unexpected`` when no command was expected before, the saga ignores the reply, or
    ///   its handling fails.
    @discardableResult
    public func reply(
        _ reply: any Reply, locking lockedTarget: String? = nil, despite mishap: Mishap? = nil
    ) throws -> Self {
        let receipt = try take(reply, lockedTarget, mishap)
        guard receipt.outcome == .handled else {
            throw Unexpected("the reply was ignored: \(receipt.effects.joined(separator: ", "))")
        }
        return self
    }

    /// Gives a reply to which the saga must not listen: a second one to the command that was
    /// expected last, or a late one.
    ///
    /// - Throws: ``Unexpected`` when the reply counts.
    @discardableResult
    public func ignoredReply(_ reply: any Reply) throws -> Self {
        let receipt = try take(reply, nil, nil)
        guard receipt.outcome == .ignored else {
            throw Unexpected("the reply counted: \(receipt.effects)")
        }
        return self
    }

    // MARK: Letting time pass

    /// Lets time pass, to the millisecond, on the clock of a store in memory, and then acts on each
    /// deadline and each retry that has become due.
    ///
    /// What those begin counts from the new time: to let two deadlines pass one after the other,
    /// call it twice.
    ///
    /// - Throws: what the saga throws when it acts on one.
    @discardableResult
    public func pass(_ time: Duration) throws -> Self {
        bench.advance(by: time)
        try bench.store.write { transaction in
            let overdue = try manager.awaited(
                overdueAt: transaction.now, after: nil, limit: 100, in: transaction)
            for late in overdue {
                _ = try manager.expire(late, in: transaction)
            }
        }
        return self
    }

    // MARK: Expecting an end

    /// Expects that the saga has done every step, and has sent no further command.
    ///
    /// - Parameter check: looks at the data at the end; it may throw.
    /// - Throws: ``Unexpected``; what `check` throws.
    @discardableResult
    public func expectCompleted(_ check: (Definition.Data) throws -> Void = { _ in }) throws -> Self
    {
        try expectState(.completed, check)
    }

    /// Expects that the saga has undone every step that it had done, and has sent no further
    /// command.
    ///
    /// - Parameter check: looks at the data at the end; it may throw.
    /// - Throws: ``Unexpected``; what `check` throws.
    @discardableResult
    public func expectRolledBack(_ check: (Definition.Data) throws -> Void = { _ in }) throws
        -> Self
    {
        try expectState(.rolledBack, check)
    }

    /// Expects that the saga has failed at a step: its compensation was refused, or nothing undoes
    /// what may have been done.
    ///
    /// ```swift
    /// .reply(CannotCancel())
    /// .expectFailed(atStep: "reserve room")
    /// ```
    ///
    /// - Parameters:
    ///   - step: the step's name.
    ///   - check: looks at the data; it may throw.
    /// - Throws: ``Unexpected``; what `check` throws.
    @discardableResult
    public func expectFailed(
        atStep step: String, _ check: (Definition.Data) throws -> Void = { _ in }
    ) throws -> Self {
        try expectState(.failed(step: step), check)
    }

    /// Goes on with the failed saga, as an operator does: the same as `decide(.retry)`.
    @discardableResult
    public func retry() throws -> Self { try decide(.retry) }

    /// Lets an operator decide about the saga, while nothing of it is on its way.
    ///
    /// ```swift
    /// .expectFailed(atStep: "reserve room")
    /// .decide(.skip, because: "canceled by phone")
    /// .expectUnlock(on: .hotel)
    /// .expectRolledBack()
    /// ```
    ///
    /// - Parameters:
    ///   - decision: see `SagaDecision`.
    ///   - reason: why; it is kept with the decision.
    /// - Throws: `SagaError` when the decision is refused.
    @discardableResult
    public func decide(_ decision: SagaDecision, because reason: String = "") throws -> Self {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        try bench.store.write { transaction in
            guard let overview = try Sagas.overview(of: reference, in: transaction) else {
                throw SagaError.notFound(reference)
            }
            let outlook = SagaOutlook(
                overview, request: try Sagas.unanswered(of: overview, in: transaction))
            try manager.decide(decision, outlook, because: reason, in: transaction)
        }
        return self
    }

    /// What has happened so far, from the start: for a test that wants to see which way the saga
    /// took.
    ///
    /// ```swift
    /// #expect(try test.log().map(\.event) == [.started, .requested, .refused, .rolledBack])
    /// ```
    public func log() throws -> [SagaLogEntry] {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        return try bench.store.read { try Sagas.log(of: reference, in: $0) }
    }

    /// Runs `body` on the saga's store, to look at what its local steps have done.
    ///
    /// - Throws: what `body` throws.
    public func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try bench.store.read(body)
    }

    // MARK: -

    private func expectState(
        _ state: SagaState, _ check: (Definition.Data) throws -> Void
    ) throws -> Self {
        try expectNoCommand()
        guard let instance = try bench.store.read({ try manager.instance(id, in: $0) }) else {
            throw Unexpected("the saga is gone")
        }
        guard instance.state == state else {
            throw Unexpected("the saga is \(instance.state), not \(state)")
        }
        try check(instance.data)
        return self
    }

    private func expectMessage<Request: Command>(
        _ command: Request, to channel: CommandChannel
    ) throws -> Message {
        guard let message = try nextCommand() else {
            throw Unexpected("\(Request.commandType) was not sent: no command was")
        }
        let payload = try WireFormat.encode(command)
        guard message.type == Request.commandType, message.destination == channel.name,
            message.payload == payload
        else {
            throw Unexpected(
                "\(message.type) \(message.payload) was sent to "
                    + "\(message.destination), not \(Request.commandType) \(payload) to "
                    + channel.name)
        }
        return message
    }

    /// The next message of the outbox that is a command; what else the saga's steps send is passed
    /// over.
    private func nextCommand() throws -> Message? {
        try bench.nextMessage { $0.headers[MessageHeader.commandType] != nil }
    }

    /// Sends a reply to the last expected command, and delivers it. A delivery that fails is
    /// unexpected in every test, so it is thrown here, with its error.
    private func take(
        _ reply: any Reply, _ lockedTarget: String?, _ mishap: Mishap?
    ) throws -> Receipt {
        guard let request else { throw Unexpected("no command was expected before") }
        let answer = try request.answer(reply, locking: lockedTarget)
        let receipt = try bench.deliver(despite: mishap) { transaction in
            try Outbox(transaction).append(answer)
        }.receipt
        if receipt.outcome == .failed {
            throw Unexpected(receipt.effects.joined(separator: ", "))
        }
        return receipt
    }
}
