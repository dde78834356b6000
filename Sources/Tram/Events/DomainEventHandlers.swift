/// A subscriber to domain events: its id, and a handler for each event that it wants.
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
/// A handler runs in the transaction that also records the message in the inbox and inserts what it
/// publishes. It says in words what it did. When it throws, all that is undone and the message stays
/// pending.
public struct DomainEventHandlers: Subscriber {
    public let id: String
    public let begins: SubscriptionStart
    public let formerIDs: [String]
    private let handlers: [String: [String: DomainEventHandler]]
    public let wiring: Wiring

    /// Handlers that are one subscriber.
    ///
    /// - Parameters:
    ///   - id: the subscriber's id, under which the inbox remembers what it has handled.
    ///   - begins: which messages a new subscriber gets: see ``Subscriber/begins``.
    ///   - formerIDs: what the subscriber was called before: see ``Subscriber/formerIDs``.
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

    public func accepts(type: String, from channel: String) -> Bool {
        handlers[channel]?[type] != nil
    }

    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard let handler = handlers[message.destination]?[message.type] else {
            return .ignored("\(id) has no handler for \(message.type)")
        }
        return try handler.handle(message, transaction)
    }
}

/// One event's handler.
public struct DomainEventHandler: Sendable {
    let channel: String
    let eventType: String
    /// The names that the event had, each once; its present one where it had another form.
    let formerNames: [String]
    let handle: @Sendable (Message, any Transaction) throws -> HandlerOutcome

    /// All names under which messages come to it. One that is there twice has two meanings.
    var names: [String] { [eventType] + formerNames.filter { $0 != eventType } }

    /// Calls `handler` for each event of this type.
    public static func on<Event: DomainEvent>(
        _ type: Event.Type,
        _ handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        on(type, forms: [], handler)
    }

    /// Calls `handler` for each event of this type, also for those that were sent when it had another
    /// name or form:
    ///
    /// ```swift
    /// .on(SignedUp.self, formerly: "Registered", "Joined") { event, transaction in … }
    ///
    /// .on(SignedUp.self, formerly: .form("Registered") { (old: Registered) in
    ///     SignedUp(name: old.firstName + " " + old.lastName)
    /// }) { event, transaction in … }
    /// ```
    ///
    /// Messages stay in outboxes as they were sent, and so do the names and forms that programs of
    /// before gave them. A key that the type has as an optional may be missing, and one that it does not
    /// have is ignored: neither needs a form of its own.
    ///
    /// - Parameters:
    ///   - form: a name, or a form, that the event had before.
    ///   - more: further ones.
    public static func on<Event: DomainEvent>(
        _ type: Event.Type, formerly form: FormerMessage<Event>, _ more: FormerMessage<Event>...,
        handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        on(type, forms: [form] + more, handler)
    }

    /// Calls `handler` for each event of this type, also for those that had another form, and perhaps
    /// another name:
    ///
    /// ```swift
    /// .on(SignedUp.self, formerly: "Registered", upcasting: { (old: Registered) in
    ///     SignedUp(name: old.firstName + " " + old.lastName)
    /// }) { event, transaction in … }
    /// ```
    ///
    /// - Parameters:
    ///   - name: the name that it had; nil when only its form was another.
    ///   - upcast: makes the present event of the old one.
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

/// An event as a handler receives it: what happened, to which aggregate, told by which message. The
/// event's own properties can be read from it directly.
@dynamicMemberLookup
public struct DomainEventEnvelope<Event: DomainEvent> {
    /// The message that tells of it.
    public let messageID: MessageID
    /// The aggregate that it happened to.
    public let aggregateID: String
    /// What happened.
    public let event: Event
    /// The message's headers: see ``MessageHeader``.
    public let headers: [String: String]

    /// An envelope as the relay would bring it, for tests of handlers.
    public init(
        messageID: MessageID, aggregateID: String, event: Event, headers: [String: String] = [:]
    ) {
        self.messageID = messageID
        self.aggregateID = aggregateID
        self.event = event
        self.headers = headers
    }

    init(_ message: Message, event: @autoclosure () throws -> Event) throws {
        guard let aggregateID = message.headers[MessageHeader.eventAggregateID] else {
            throw WireFormatError("the header '\(MessageHeader.eventAggregateID)' is missing")
        }
        self.init(
            messageID: message.id, aggregateID: aggregateID, event: try event(),
            headers: message.headers)
    }

    /// A property of the event.
    public subscript<Value>(dynamicMember member: KeyPath<Event, Value>) -> Value {
        event[keyPath: member]
    }

    /// The aggregate's id where it is a number.
    ///
    /// - Throws: ``WireFormatError`` when it is not.
    public func numericAggregateID() throws -> Int {
        guard let number = Int(aggregateID) else {
            throw WireFormatError("the aggregate id '\(aggregateID)' is no number")
        }
        return number
    }
}
