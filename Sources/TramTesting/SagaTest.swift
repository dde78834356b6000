public import Tram
internal import TramSQLite

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
/// The saga runs on a store in memory, and its time passes only when the test lets it. What is not as
/// expected is thrown, in words, as ``SagaTest/Unexpected``. In the spirit of the unit-test DSL of
/// Eventuate Tram Sagas.
public final class SagaTest<Definition: Saga> {
    private let manager: SagaManager<Definition>
    private let service: Service
    private let clock: TestClock
    private let id: String
    /// The last message of the outbox that the test has looked at.
    private var seen = 0
    /// The command whose reply comes next.
    private var request: Message?
    private var replies = 0

    /// What is not as the test expects it.
    public struct Unexpected: Error, CustomStringConvertible {
        public let description: String
    }

    /// Starts the saga.
    ///
    /// - Parameter tables: statements that make what the saga's local steps need.
    /// - Throws: what the first step throws when it is local.
    public init(
        _ saga: Definition, _ data: Definition.Data, tables: [String] = []
    ) throws {
        let clock = TestClock()
        let store = try SQLiteStore(
            inMemory: "test",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(tables)]),
            clock: { clock.now })
        let manager = try SagaManager(saga, id: "test")
        self.clock = clock
        self.manager = manager
        service = try Service(store: store, subscribers: [manager])
        id = try store.write { try manager.start(data, in: $0).reference.id }
    }

    // MARK: Expecting commands

    /// The next command is this one, to this channel, and its reply is awaited.
    @discardableResult
    public func expect(_ command: some Command, to channel: CommandChannel) throws -> Self {
        let message = try expectMessage(command, to: channel)
        guard message.headers[MessageHeader.commandReplyTo] == Definition.replyChannel else {
            throw Unexpected(description: "\(message.type) awaits no reply")
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
            throw Unexpected(description: "\(message.type) awaits a reply")
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
        else { throw Unexpected(description: "\(target) is not unlocked") }
        return self
    }

    /// No further command was sent.
    @discardableResult
    public func expectNoCommand() throws -> Self {
        if let message = try nextCommand() {
            throw Unexpected(description: "\(message.type) was sent to \(message.destination)")
        }
        return self
    }

    // MARK: Giving replies

    /// The participant answers the command that was expected last.
    ///
    /// - Parameter lockedTarget: what the participant has locked for the saga, if anything.
    @discardableResult
    public func reply(_ reply: any Reply, locking lockedTarget: String? = nil) throws -> Self {
        guard let request else { throw Unexpected(description: "no command was expected before") }
        let receipt = try take(reply, to: request, lockedTarget)
        guard receipt.outcome == .handled else {
            throw Unexpected(
                description: "the reply was ignored: \(receipt.effects.joined(separator: ", "))")
        }
        return self
    }

    /// A reply comes to which the saga must not listen: a second one to the command that was expected
    /// last, or a late one.
    @discardableResult
    public func ignoredReply(_ reply: any Reply) throws -> Self {
        guard let request else { throw Unexpected(description: "no command was expected before") }
        let receipt = try take(reply, to: request, nil)
        guard receipt.outcome == .ignored else {
            throw Unexpected(description: "the reply counted: \(receipt.effects)")
        }
        return self
    }

    // MARK: Letting time pass

    /// Time passes, and the deadlines in it.
    @discardableResult
    public func pass(milliseconds: Int) throws -> Self {
        clock.now = Timestamp(milliseconds: clock.now.milliseconds + Int64(milliseconds))
        try service.store.write { transaction in
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
        try service.store.write { transaction in
            guard let overview = try Sagas.overview(of: reference, in: transaction) else {
                throw SagaError.notFound(reference)
            }
            try manager.decide(decision, SagaOutlook(overview), because: reason, in: transaction)
        }
        return self
    }

    /// What has happened so far.
    public func log() throws -> [SagaLogEntry] {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        return try service.store.read { try Sagas.log(of: reference, in: $0) }
    }

    /// Runs `body` on the saga's store, to look at what its local steps have done.
    public func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try service.store.read(body)
    }

    // MARK: -

    private func expectState(
        _ state: SagaState, _ check: (Definition.Data) throws -> Void
    ) throws -> Self {
        try expectNoCommand()
        guard let instance = try service.store.read({ try manager.instance(id, in: $0) }) else {
            throw Unexpected(description: "the saga is gone")
        }
        guard instance.state == state else {
            throw Unexpected(description: "the saga is \(instance.state), not \(state)")
        }
        try check(instance.data)
        return self
    }

    private func expectMessage<Request: Command>(
        _ command: Request, to channel: CommandChannel
    ) throws -> Message {
        guard let message = try nextCommand() else {
            throw Unexpected(description: "\(Request.commandType) was not sent: no command was")
        }
        let payload = try WireFormat.encode(command)
        guard message.type == Request.commandType, message.destination == channel.name,
            message.payload == payload
        else {
            throw Unexpected(
                description: "\(message.type) \(message.payload) was sent to "
                    + "\(message.destination), not \(Request.commandType) \(payload) to "
                    + channel.name)
        }
        return message
    }

    /// The next message of the outbox that is a command: the saga's steps may also publish events.
    private func nextCommand() throws -> Message? {
        let message = try service.store.read {
            try Outbox($0).unpublished(after: seen, through: .max, limit: .max).first {
                $0.headers[MessageHeader.commandType] != nil
            }
        }
        if let message { seen = message.id.number }
        return message
    }

    private func take(
        _ reply: any Reply, to request: Message, _ lockedTarget: String?
    ) throws -> Receipt {
        replies += 1
        let message = try request.answered(
            by: reply, id: MessageID(service: "participant", number: replies),
            locking: lockedTarget)
        let receipt = try service.store.write {
            try service.receive(message, for: manager, in: $0)
        }
        if receipt.outcome == .failed {
            throw Unexpected(description: receipt.effects.joined(separator: ", "))
        }
        return receipt
    }
}

private final class TestClock {
    var now = Timestamp(milliseconds: 1_577_880_295_612)
}
