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
    private let handlers: [String: [String: DomainEventHandler]]
    public let wiring: Wiring

    /// - Parameter id: the subscriber's id, under which the inbox remembers what it has handled.
    public init(_ id: String, _ handlers: [DomainEventHandler]) {
        self.id = id
        var mistakes: [WiringError] = []
        self.handlers = Dictionary(grouping: handlers, by: \.aggregateType).mapValues {
            Dictionary($0.map { ($0.eventType, $0) }) { first, _ in
                mistakes.append(.handlerTwice(type: first.eventType, subscriber: id))
                return first
            }
        }
        wiring = Wiring(mistakes: mistakes)
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
    let aggregateType: String
    let eventType: String
    let handle: @Sendable (Message, any Transaction) throws -> HandlerOutcome

    /// Calls `handler` for each event of this type.
    public static func on<Event: DomainEvent>(
        _ type: Event.Type,
        _ handler:
            @escaping @Sendable (DomainEventEnvelope<Event>, any Transaction) throws ->
            HandlerOutcome
    ) -> DomainEventHandler {
        DomainEventHandler(aggregateType: Event.aggregateType, eventType: Event.eventType) {
            message, transaction in
            try handler(DomainEventEnvelope(message), transaction)
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

    init(_ message: Message) throws {
        guard let aggregateID = message.headers[MessageHeader.eventAggregateID] else {
            throw WireFormatError("the header '\(MessageHeader.eventAggregateID)' is missing")
        }
        self.init(
            messageID: message.id, aggregateID: aggregateID,
            event: try WireFormat.decode(Event.self, from: message.payload),
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
