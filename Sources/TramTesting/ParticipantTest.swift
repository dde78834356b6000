public import Tram

/// A test of a participant: its handlers on a store, without the sagas that command it and without
/// the services whose events it hears.
///
/// The test plays the other services. It sends commands and publishes events, and then says what
/// the participant must answer, in the order in which it has sent it:
///
/// ```swift
/// try ParticipantTest([HotelCommandHandler.handlers], tables: HotelTables.create)
///     .write { try Hotels($0).add(hotel: 1, rooms: 1) }
///     .send(ReserveRoom(hotel: 1), to: .hotel, despite: .diedBeforeMark)
///     .expectReply(RoomReserved(room: 1))
///     .expectNoMessage()
/// ```
///
/// Locks are tested by two sagas that want the same thing:
///
/// ```swift
/// let first = SagaReference(type: "BookTripSaga", id: "1")
/// let second = SagaReference(type: "BookTripSaga", id: "2")
/// try ParticipantTest([HotelCommandHandler.handlers], tables: HotelTables.create)
///     .write { try Hotels($0).add(hotel: 1, rooms: 2) }
///     .send(ReserveRoom(hotel: 1), to: .hotel, from: first)
///     .expectReply(RoomReserved(room: 1))
///     .send(ReserveRoom(hotel: 1), to: .hotel, from: second)
///     .expectStashed()
///     .unlock("hotel 1", on: .hotel, from: first)
///     .expectReply(RoomReserved(room: 2))
/// ```
///
/// The messages are sent and delivered by the real outbox and relay, and any ``Mishap`` is really
/// provoked. What is not as expected is thrown, in words, as ``Unexpected``, so the test works in
/// any test framework. A ``SagaTest`` is the counterpart for sagas.
///
/// Not for several threads: a test is used where it was made.
public final class ParticipantTest {
    private let bench: TestBench
    /// What came of the message that was delivered last.
    private var last: Delivery?

    /// Begins a test. The participant has received nothing yet; what its store has sent before is
    /// passed over.
    ///
    /// - Parameters:
    ///   - subscribers: the participant's subscribers, as its service connects them.
    ///   - store: the participant's store; one in memory when nil. In any other, time passes by its
    ///     own clock, and ``pass(_:)`` has no effect.
    ///   - tables: statements that make what the handlers need in a store in memory. They are not
    ///     used for a store that is given.
    /// - Throws: `WiringError` when the subscribers cannot work as they are; `StoreError` when a
    ///   statement cannot.
    public init(
        _ subscribers: [any Subscriber], on store: (any Store)? = nil, tables: [String] = []
    ) throws {
        bench = try TestBench(store, tables: tables, clock: TestClock(), subscribers: subscribers)
    }

    // MARK: Delivering

    /// Sends a command as a saga does, and delivers it.
    ///
    /// ```swift
    /// .send(ReserveRoom(hotel: 1), to: .hotel)
    /// ```
    ///
    /// - Parameters:
    ///   - command: the command.
    ///   - channel: the channel on which the participant receives it.
    ///   - saga: the saga that sends it: locks, and the order of commands, are the saga's.
    ///   - mishap: what goes wrong on the way; nothing when nil.
    /// - Throws: ``Unexpected`` when nobody receives the command, or a mishap had an effect that it
    ///   must not have. A handler that fails is no error here: see ``expectOutcome(_:_:)``.
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

    /// Lets a saga that has ended free a lock at the participant. Commands that have waited for it
    /// are resumed.
    ///
    /// ```swift
    /// .unlock("hotel 1", on: .hotel, from: first)
    /// ```
    ///
    /// - Parameters:
    ///   - target: the name of the lock, as the participant's handler gives it.
    ///   - channel: the channel on which the participant receives commands.
    ///   - saga: the saga that holds the lock.
    ///   - mishap: what goes wrong on the way; nothing when nil.
    /// - Throws: ``Unexpected``, as ``send(_:to:from:despite:)``. To free what is not locked is no
    ///   error.
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

    /// Publishes an event about an aggregate, as another service does, and delivers it.
    ///
    /// ```swift
    /// .publish(HotelClosed(), about: 1)
    /// .expectOutcome(.handled)
    /// ```
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - aggregateID: the aggregate's id, as it is on the wire.
    ///   - mishap: what goes wrong on the way; nothing when nil.
    /// - Throws: ``Unexpected`` when no subscriber accepts the event.
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

    /// Expects that the next message of the participant is this reply.
    ///
    /// ```swift
    /// .expectReply(RoomReserved(room: 1))
    /// ```
    ///
    /// The participant's messages are looked at in the order in which it sent them, each once:
    /// events that its handler publishes before it replies must be expected before.
    ///
    /// - Throws: ``Unexpected`` when there is no further message, or it is another one; with the
    ///   outcome of the last delivery, which often says why.
    @discardableResult
    public func expectReply<Answer: Reply>(_ reply: Answer) throws -> Self {
        let message = try nextMessage("the reply \(Answer.replyType)")
        guard message.headers[MessageHeader.replyType] == Answer.replyType,
            try message.payload == WireFormat.encode(reply)
        else { throw unexpected(message, instead: "the reply \(Answer.replyType)") }
        return self
    }

    /// Expects that the next message of the participant is this event about this aggregate.
    ///
    /// ```swift
    /// .expectEvent(RoomTaken(room: 1), about: 1)
    /// ```
    ///
    /// - Throws: ``Unexpected`` when there is no further message, or it is another one.
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

    /// Expects that the participant has sent nothing that was not looked at yet.
    ///
    /// - Throws: ``Unexpected``, with the message.
    @discardableResult
    public func expectNoMessage() throws -> Self {
        if let message = try bench.nextMessage() {
            throw unexpected(message, instead: "nothing")
        }
        return self
    }

    /// Expects what came of the message that was delivered last and, where effects are given, that
    /// they are all that the handler said.
    ///
    /// ```swift
    /// .send(ReserveRoom(hotel: 9), to: .hotel)
    /// .expectOutcome(.refused, "HotelUnknown")
    /// ```
    ///
    /// - Parameters:
    ///   - outcome: see `DeliveryOutcome`. With a mishap, it is the outcome of the delivery that
    ///     counted.
    ///   - effects: all effects in their order; when none is given, any.
    /// - Throws: ``Unexpected``, also when nothing was delivered yet.
    @discardableResult
    public func expectOutcome(_ outcome: DeliveryOutcome, _ effects: String...) throws -> Self {
        guard let last else { throw Unexpected("nothing was delivered yet") }
        let words = last.receipt.effects
        guard last.receipt.outcome == outcome, effects.isEmpty || effects == words else {
            throw Unexpected("\(last.message.type) was \(last.receipt.outcome): \(words)")
        }
        return self
    }

    /// Expects that the command that was delivered last waits for a lock.
    ///
    /// - Throws: ``Unexpected``.
    @discardableResult
    public func expectStashed() throws -> Self {
        try expectOutcome(.stashed)
    }

    /// Lets time pass, to the millisecond, on the clock of a store in memory. Nothing is delivered
    /// by that.
    @discardableResult
    public func pass(_ time: Duration) -> Self {
        bench.advance(by: time)
        return self
    }

    /// Runs `body` in a transaction on the participant's store: to prepare its rows.
    ///
    /// ```swift
    /// .write { try $0.execute("INSERT INTO hotel (id, rooms) VALUES (1, 1)") }
    /// ```
    ///
    /// - Throws: what `body` throws; its writes are undone then.
    @discardableResult
    public func write(_ body: (any Transaction) throws -> Void) throws -> Self {
        try bench.store.write(body)
        return self
    }

    /// Runs `body` on the participant's store: to look at what its handlers have done.
    ///
    /// ```swift
    /// let rooms: Int = try test.read { try $0.rows("SELECT count(*) FROM room")[0].values() }
    /// ```
    ///
    /// - Throws: what `body` throws.
    public func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try bench.store.read(body)
    }

    // MARK: -

    /// The next message of the participant; throws when there is none.
    private func nextMessage(_ wanted: String) throws -> Message {
        if let message = try bench.nextMessage() { return message }
        let outcome = last.map { "\($0.receipt.outcome): \($0.receipt.effects)" } ?? "nothing yet"
        throw Unexpected("\(wanted) was not sent; what came of the last delivery is \(outcome)")
    }

    private func unexpected(_ message: Message, instead wanted: String) -> Unexpected {
        Unexpected("\(message.type) \(message.payload) was sent, not \(wanted)")
    }
}
