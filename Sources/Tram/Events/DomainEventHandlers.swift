/// A subscriber to domain events: its id, and a handler for each type of event that it wants.
///
/// ```swift
/// DomainEventHandlers("customer", [
///     .on(OrderCreated.self) { event, transaction in
///         …
///         return .handled("reserved 4.00 for order \(event.aggregateID)")
///     }
/// ])
/// ```
///
/// A handler runs in the transaction that also inserts the inbox row and whatever the handler
/// publishes. When it throws, all of that is rolled back and the message stays pending; later
/// events about the same aggregate are held back for this subscriber until it succeeds, is parked
/// or is discarded.
///
/// Events of different channels may be handled by one subscriber. To let one id receive events and
/// commands, use a ``CombinedSubscriber``. A subscriber that is added to a running system chooses
/// with ``Subscriber/begins`` whether it gets the events of the past.
///
/// After `DomainEventHandlers` of Eventuate Tram.
public struct DomainEventHandlers: Subscriber {
    public let id: String
    public let begins: SubscriptionStart
    public let formerIDs: [String]
    /// By channel, and there by every name under which an event may come, former ones included.
    private let handlers: [String: [String: DomainEventHandler]]
    public let wiring: Wiring

    /// A subscriber with these handlers.
    ///
    /// Two handlers for one name are reported as a ``WiringError`` when a ``Service`` is made of
    /// the subscriber.
    ///
    /// - Parameters:
    ///   - id: the id under which the inbox remembers what was handled. It must not change while
    ///     messages live, unless `formerIDs` names the old one.
    ///   - begins: which messages a new subscriber gets: see ``Subscriber/begins``.
    ///   - formerIDs: what the subscriber was called before: see ``Subscriber/formerIDs``.
    ///   - handlers: one for each type of event.
    public init(
        _ id: String, begins: SubscriptionStart = .beginning, formerly formerIDs: [String] = [],
        _ handlers: [DomainEventHandler]
    ) {
        self.id = id
        self.begins = begins
        self.formerIDs = formerIDs
        var mistakes: [WiringError] = []
        var byName: [String: [String: DomainEventHandler]] = [:]
        for handler in handlers {
            for name in handler.names {
                let other = byName[handler.channel, default: [:]]
                    .updateValue(handler, forKey: name)
                if other != nil { mistakes.append(.handlerTwice(type: name, subscriber: id)) }
            }
        }
        self.handlers = byName
        wiring = Wiring(
            mistakes: mistakes,
            formerNames: handlers.flatMap { handler in
                handler.formerNames.map {
                    FormerName(
                        channel: handler.channel, type: handler.eventType, formerly: $0)
                }
            })
    }

    /// Whether there is a handler for this type on this channel.
    public func accepts(type: String, from channel: String) -> Bool {
        handlers[channel]?[type] != nil
    }

    /// Calls the handler of the message's type.
    ///
    /// - Throws: ``WireFormatError`` when the payload does not fit the event, and whatever the
    ///   handler throws.
    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard let handler = handlers[message.destination]?[message.type] else {
            return .ignored("\(id) has no handler for \(message.type)")
        }
        return try handler.handle(message, transaction)
    }
}

/// The handler of one type of event, for a ``DomainEventHandlers``.
///
/// Make it with one of the `on` functions. A handler may be run again for the same event after a
/// crash or an error, because then nothing of the first run was committed. Effects outside of the
/// store are not undone and must be idempotent.
public struct DomainEventHandler: Sendable {
    /// The channel on which the event comes.
    let channel: String
    /// The present name on the wire.
    let eventType: String
    /// The former names under which the event is read, each once. The present name is among them
    /// when the event has had another form under it.
    let formerNames: [String]
    let handle: @Sendable (Message, any Transaction) throws -> HandlerOutcome

    /// All names under which messages reach this handler. A name that occurs twice has two
    /// meanings, which is a ``WiringError/handlerTwice(type:subscriber:)``.
    var names: [String] { [eventType] + formerNames.filter { $0 != eventType } }

    /// Calls `handler` for each event of this type.
    ///
    /// - Parameters:
    ///   - type: the event.
    ///   - handler: returns what it did, in words, or ``HandlerOutcome/ignored(_:)`` with the
    ///     reason why it did nothing. An error makes the delivery fail.
    public static func on<Event: DomainEvent>(
        _ type: Event.Type,
        _ handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        on(type, forms: [], handler)
    }

    /// Calls `handler` for each event of this type, also for those that were sent when it had
    /// another name or form:
    ///
    /// ```swift
    /// .on(SignedUp.self, formerly: "Registered", "Joined") { event, transaction in … }
    ///
    /// .on(SignedUp.self, formerly: .form("Registered") { (old: Registered) in
    ///     SignedUp(name: old.firstName + " " + old.lastName)
    /// }) { event, transaction in … }
    /// ```
    ///
    /// Messages stay in outboxes as they were sent, under the names and in the forms that earlier
    /// versions of the program gave them. A key that the type has as an optional may be missing,
    /// and one that it does not have is ignored: neither needs a form of its own.
    ///
    /// - Parameters:
    ///   - type: the event in its present form.
    ///   - form: a name, or a form, that the event had before.
    ///   - more: further ones.
    ///   - handler: is given the event in its present form.
    public static func on<Event: DomainEvent>(
        _ type: Event.Type, formerly form: FormerMessage<Event>, _ more: FormerMessage<Event>...,
        handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        on(type, forms: [form] + more, handler)
    }

    /// Calls `handler` for each event of this type, also for those that had another form, and
    /// perhaps another name:
    ///
    /// ```swift
    /// .on(SignedUp.self, formerly: "Registered", upcasting: { (old: Registered) in
    ///     SignedUp(name: old.firstName + " " + old.lastName)
    /// }) { event, transaction in … }
    /// ```
    ///
    /// It is short for a single ``FormerMessage/form(_:_:)``.
    ///
    /// - Parameters:
    ///   - type: the event in its present form.
    ///   - name: the name that it had; nil when only its form was another.
    ///   - upcast: converts the former form to the present one. When it throws, the delivery fails.
    ///   - handler: is given the event in its present form.
    public static func on<Event: DomainEvent, Old: Decodable & SendableMetatype>(
        _ type: Event.Type, formerly name: String? = nil,
        upcasting upcast: @escaping @Sendable (Old) throws -> Event,
        handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        on(type, forms: [.form(name, upcast)], handler)
    }

    private static func on<Event: DomainEvent>(
        _ type: Event.Type, forms: [FormerMessage<Event>],
        _ handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        let reader = MessageReader(Event.eventType, formerly: forms)
        return DomainEventHandler(
            channel: Event.channel.name, eventType: Event.eventType,
            formerNames: reader.formerNames
        ) { message, transaction in
            try handler(
                DomainEventEnvelope(message, event: reader.content(of: message)), transaction)
        }
    }
}

/// An event as a handler receives it, with the aggregate that it is about and the message that
/// brought it.
///
/// The event's own properties can be read directly: `envelope.total` is `envelope.event.total`.
@dynamicMemberLookup
public struct DomainEventEnvelope<Event: DomainEvent> {
    /// The id of the message that brought the event, the same for every delivery.
    public let messageID: MessageID
    /// The aggregate that it happened to.
    public let aggregateID: String
    /// The event, decoded from the payload, in its present form.
    public let event: Event
    /// The message's headers: see ``MessageHeader``.
    public let headers: [String: String]

    /// An envelope as the relay would bring it, for tests of handlers.
    ///
    /// ```swift
    /// let event = DomainEventEnvelope(
    ///     messageID: MessageID(service: "order", number: 1), aggregateID: "1",
    ///     event: OrderCreated(total: 400))
    /// ```
    public init(
        messageID: MessageID, aggregateID: String, event: Event, headers: [String: String] = [:]
    ) {
        self.messageID = messageID
        self.aggregateID = aggregateID
        self.event = event
        self.headers = headers
    }

    /// The envelope of a message. The header is checked before the payload is decoded.
    ///
    /// - Throws: ``WireFormatError`` when the header with the aggregate's id is missing; what
    ///   `event` throws.
    init(_ message: Message, event: @autoclosure () throws -> Event) throws {
        guard let aggregateID = message.headers[MessageHeader.eventAggregateID] else {
            throw WireFormatError("the header '\(MessageHeader.eventAggregateID)' is missing")
        }
        self.init(
            messageID: message.id, aggregateID: aggregateID, event: try event(),
            headers: message.headers)
    }

    /// A property of ``event``.
    public subscript<Value>(dynamicMember member: KeyPath<Event, Value>) -> Value {
        event[keyPath: member]
    }

    /// The aggregate's id as a number, for aggregates that are numbered.
    ///
    /// - Throws: ``WireFormatError`` when it is not a number; the delivery then fails.
    public func numericAggregateID() throws -> Int {
        guard let number = Int(aggregateID) else {
            throw WireFormatError("the aggregate id '\(aggregateID)' is no number")
        }
        return number
    }
}
