public import Tram

/// A test of a participant: its handlers on a store, without the sagas that command it and without the
/// services whose events it hears.
///
/// ```swift
/// try ParticipantTest([HotelCommandHandler.handlers], tables: HotelTables.create)
///     .send(ReserveRoom(hotel: 1), to: .hotel, despite: .diedBeforeMark)
///     .expectReply(RoomReserved(room: 1))
///     .expectNoMessage()
/// ```
///
/// The messages are sent and delivered by the real outbox and relay, and any ``Mishap`` is really
/// provoked. What is not as expected is thrown, in words, as ``Unexpected``.
public final class ParticipantTest {
    private let bench: TestBench
    /// What came of the message that was delivered last.
    private var last: Delivery?

    /// Begins a test.
    ///
    /// - Parameters:
    ///   - subscribers: the participant's.
    ///   - store: the participant's; one in memory when nil.
    ///   - tables: statements that make what the handlers need in a store in memory.
    public init(
        _ subscribers: [any Subscriber], on store: (any Store)? = nil, tables: [String] = []
    ) throws {
        bench = try TestBench(store, tables: tables, clock: TestClock(), subscribers: subscribers)
    }

    // MARK: Delivering

    /// A saga sends a command, and it is delivered.
    ///
    /// - Parameters:
    ///   - saga: the saga that sends it: locks and the order of commands are the saga's.
    ///   - mishap: what goes wrong at it.
    /// - Throws: ``Unexpected`` when nobody receives it.
    @discardableResult
    public func send(
        _ command: some Command, to channel: CommandChannel,
        from saga: SagaReference = SagaReference(type: "TestSaga", id: "1"),
        despite mishap: Mishap? = nil
    ) throws -> Self {
        last = try bench.deliver(despite: mishap) { transaction in
            try transaction.send(
                command, to: channel, orderedBy: saga.id, replyTo: "\(saga.type)-reply",
                sagaHeaders: [
                    MessageHeader.commandSagaType: saga.type,
                    MessageHeader.commandSagaID: saga.id,
                ])
        }
        return self
    }

    /// A saga that has ended has the participant free a lock.
    @discardableResult
    public func unlock(
        _ target: String, on channel: CommandChannel,
        from saga: SagaReference = SagaReference(type: "TestSaga", id: "1"),
        despite mishap: Mishap? = nil
    ) throws -> Self {
        last = try bench.deliver(despite: mishap) { transaction in
            try transaction.unlock(target, on: channel.name, of: saga)
        }
        return self
    }

    /// An event about an aggregate is published, and delivered.
    @discardableResult
    public func publish(
        _ event: some DomainEvent, about aggregateID: some CustomStringConvertible,
        despite mishap: Mishap? = nil
    ) throws -> Self {
        last = try bench.deliver(despite: mishap) { transaction in
            try transaction.publish(event, about: aggregateID)
        }
        return self
    }

    // MARK: Expecting

    /// The participant's next message is this reply.
    @discardableResult
    public func expectReply<Answer: Reply>(_ reply: Answer) throws -> Self {
        let message = try nextMessage("the reply \(Answer.replyType)")
        guard message.headers[MessageHeader.replyType] == Answer.replyType,
            try message.payload == WireFormat.encode(reply)
        else { throw unexpected(message, instead: "the reply \(Answer.replyType)") }
        return self
    }

    /// The participant's next message is this event about this aggregate.
    @discardableResult
    public func expectEvent<Event: DomainEvent>(
        _ event: Event, about aggregateID: some CustomStringConvertible
    ) throws -> Self {
        let wanted = "the event \(Event.eventType) about \(aggregateID)"
        let message = try nextMessage(wanted)
        guard message.headers[MessageHeader.eventType] == Event.eventType,
            message.headers[MessageHeader.eventAggregateID] == aggregateID.description,
            try message.payload == WireFormat.encode(event)
        else { throw unexpected(message, instead: wanted) }
        return self
    }

    /// The participant has sent nothing more.
    @discardableResult
    public func expectNoMessage() throws -> Self {
        if let message = try bench.nextMessage() {
            throw unexpected(message, instead: "nothing")
        }
        return self
    }

    /// What came of the message that was delivered last: in words, as the handler said it, where they
    /// are given.
    @discardableResult
    public func expectOutcome(_ outcome: DeliveryOutcome, _ effects: String...) throws -> Self {
        guard let last else { throw Unexpected("nothing was delivered yet") }
        let words = last.receipt.effects
        guard last.receipt.outcome == outcome, effects.isEmpty || effects == words else {
            throw Unexpected("\(last.message.type) was \(last.receipt.outcome): \(words)")
        }
        return self
    }

    /// The command that was delivered last waits for a lock.
    @discardableResult
    public func expectStashed() throws -> Self {
        try expectOutcome(.stashed)
    }

    /// Lets time pass, to the millisecond.
    @discardableResult
    public func pass(_ time: Duration) -> Self {
        bench.advance(by: time)
        return self
    }

    /// Runs `body` on the participant's store: to prepare its rows.
    @discardableResult
    public func write(_ body: (any Transaction) throws -> Void) throws -> Self {
        try bench.store.write(body)
        return self
    }

    /// Runs `body` on the participant's store: to look at what its handlers have done.
    public func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try bench.store.read(body)
    }

    // MARK: -

    private func nextMessage(_ wanted: String) throws -> Message {
        if let message = try bench.nextMessage() { return message }
        let outcome = last.map { "\($0.receipt.outcome): \($0.receipt.effects)" } ?? "nothing yet"
        throw Unexpected("\(wanted) was not sent; what came of the last delivery is \(outcome)")
    }

    private func unexpected(_ message: Message, instead wanted: String) -> Unexpected {
        Unexpected("\(message.type) \(message.payload) was sent, not \(wanted)")
    }
}
