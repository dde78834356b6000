public import Tram

/// A test of a saga without its participants: given a saga and its data, expect commands, give
/// replies, and expect how it ends.
///
/// ```swift
/// try SagaTest(CreateOrderSaga(), CreateOrderSaga.Data(…))
///     .expect(ReserveCredit(…), to: .customerService)
///     .reply(CustomerNotFound(…))
///     .expectRolledBack { data in … }
/// ```
///
/// Replies are sent and delivered by the real outbox and relay, and any ``Mishap`` is really provoked;
/// time passes only when the test lets it. What is not as expected is thrown, in words, as
/// ``Unexpected``. In the spirit of the unit-test DSL of Eventuate Tram Sagas.
public final class SagaTest<Definition: Saga> {
    private let manager: SagaManager<Definition>
    private let bench: TestBench
    private let id: String
    /// The command whose reply comes next.
    private var request: Message?

    /// Starts the saga.
    ///
    /// - Parameters:
    ///   - store: the store of the saga's service; one in memory when nil. Time passes in that one only.
    ///   - tables: statements that make what the saga's local steps need in a store in memory.
    /// - Throws: what the first step throws when it is local.
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

    /// The next command is this one, to this channel, and its reply is awaited.
    @discardableResult
    public func expect(_ command: some Command, to channel: CommandChannel) throws -> Self {
        let message = try expectMessage(command, to: channel)
        guard message.headers[MessageHeader.commandReplyTo] == Definition.replyChannel else {
            throw Unexpected("\(message.type) awaits no reply")
        }
        request = message
        return self
    }

    /// The next command is this one, to this channel, and no reply to it is awaited.
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

    /// The saga asks a participant to free a lock.
    @discardableResult
    public func expectUnlock(of target: String, on channel: CommandChannel) throws -> Self {
        let message = try nextCommand()
        guard message?.type == "SagaUnlockCommand",
            message?.headers[MessageHeader.commandResource] == target,
            message?.destination == channel.name
        else { throw Unexpected("\(target) is not unlocked") }
        return self
    }

    /// No further command was sent.
    @discardableResult
    public func expectNoCommand() throws -> Self {
        if let message = try nextCommand() {
            throw Unexpected("\(message.type) was sent to \(message.destination)")
        }
        return self
    }

    // MARK: Giving replies

    /// The participant answers the command that was expected last.
    ///
    /// - Parameters:
    ///   - lockedTarget: what the participant has locked for the saga, if anything.
    ///   - mishap: what goes wrong at the delivery of the reply.
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

    /// A reply comes to which the saga must not listen: a second one to the command that was expected
    /// last, or a late one.
    @discardableResult
    public func ignoredReply(_ reply: any Reply) throws -> Self {
        let receipt = try take(reply, nil, nil)
        guard receipt.outcome == .ignored else {
            throw Unexpected("the reply counted: \(receipt.effects)")
        }
        return self
    }

    // MARK: Letting time pass

    /// Time passes, to the millisecond, and the deadlines in it.
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

    /// The saga has done every step.
    @discardableResult
    public func expectCompleted(_ check: (Definition.Data) throws -> Void = { _ in }) throws -> Self
    {
        try expectState(.completed, check)
    }

    /// The saga has undone every step that it had done.
    @discardableResult
    public func expectRolledBack(_ check: (Definition.Data) throws -> Void = { _ in }) throws
        -> Self
    {
        try expectState(.rolledBack, check)
    }

    /// A compensation was refused at the step with this name.
    @discardableResult
    public func expectFailed(
        atStep step: String, _ check: (Definition.Data) throws -> Void = { _ in }
    ) throws -> Self {
        try expectState(.failed(step: step), check)
    }

    /// An operator takes up the failed saga.
    @discardableResult
    public func retry() throws -> Self { try decide(.retry) }

    /// An operator decides about the saga, when nothing is on its way.
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

    /// What has happened so far.
    public func log() throws -> [SagaLogEntry] {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        return try bench.store.read { try Sagas.log(of: reference, in: $0) }
    }

    /// Runs `body` on the saga's store, to look at what its local steps have done.
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

    /// The next message of the outbox that is a command: the saga's steps may also publish events.
    private func nextCommand() throws -> Message? {
        try bench.nextMessage { $0.headers[MessageHeader.commandType] != nil }
    }

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
