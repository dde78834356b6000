/// A message as an outbox holds it and the relay carries it.
///
/// Handlers usually get an envelope with decoded contents instead: ``DomainEventEnvelope`` or
/// ``CommandEnvelope``. A ``Subscriber`` of another kind gets this.
public struct Message: Hashable, Sendable {
    /// Its id, the same wherever it is delivered and however often.
    public let id: MessageID
    /// The name of what the payload is, for example `OrderCreated`.
    public let type: String
    /// The channel that it was sent to. Domain events go to the channel of their aggregate's type.
    public let destination: String
    /// The ordering key: a subscriber receives the messages of one channel and one partition id in
    /// the order in which they were sent. For an event it is the aggregate's id.
    public let partitionID: String
    /// Who sent it, what it is about and what caused it, by the names of ``MessageHeader``.
    public let headers: [String: String]
    /// The content as JSON text: see ``WireFormat``.
    public let payload: String
    /// When it was sent, by the clock of the sender's store; nil when the outbox that it came from
    /// is not known.
    public let sent: Timestamp?
    /// The digest that it got when it was sent, by which an inbox tells it from another message of
    /// the same id; nil when the outbox that it came from is not known.
    public let digest: Int?
    /// Why it cannot be delivered as it is, in one sentence; nil for a sound message.
    ///
    /// It is set when the row was changed after the message was sent. Tools can still show such a
    /// message; its deliveries fail.
    public let defect: String?

    /// A message with these parts, for tests and for relays to and from other systems.
    public init(
        id: MessageID, type: String, destination: String, partitionID: String,
        headers: [String: String], payload: String, sent: Timestamp? = nil, digest: Int? = nil,
        defect: String? = nil
    ) {
        self.id = id
        self.type = type
        self.destination = destination
        self.partitionID = partitionID
        self.headers = headers
        self.payload = payload
        self.sent = sent
        self.digest = digest
        self.defect = defect
    }

    /// The message with another payload, which an operator has given to it for one subscriber.
    ///
    /// The digest stays the one of the message as it was sent, so that the inbox still knows it as
    /// the same message. A digest that did not fit before says nothing and is dropped.
    package func replacing(payload: String) -> Message {
        Message(
            id: id, type: type, destination: destination, partitionID: partitionID,
            // Headers that cannot be read leave the id alone, and stay a defect with any payload.
            headers: headers, payload: payload, sent: sent,
            digest: defect == nil ? digest : nil, defect: headers.count > 1 ? nil : defect)
    }

    /// The message in whose handling this one was sent, or the outstanding command for which a
    /// deadline or an operator has sent it; nil for what only a user has caused.
    public var causationID: MessageID? {
        headers[MessageHeader.causationID].flatMap { MessageID($0) }
    }

    /// The id of the first message of the chain that this one belongs to: its own when it is the
    /// first.
    public var correlationID: String { headers[MessageHeader.correlationID] ?? id.description }

    /// Whether it is a domain event. An event may have no receiver; a command or a reply must have
    /// one.
    package var isEvent: Bool { headers[MessageHeader.eventType] != nil }

    /// The message's id and type, without its contents.
    public var heading: MessageHeading { MessageHeading(id: id, type: type) }
}

/// A message's id and type, for lists and reports.
public struct MessageHeading: Hashable, Sendable, Codable {
    /// See ``Message/id``.
    public let id: MessageID
    /// See ``Message/type``.
    public let type: String

    /// A heading with these parts.
    public init(id: MessageID, type: String) {
        self.id = id
        self.type = type
    }
}

/// A message that is about to be sent: ``Outbox/append(_:)`` gives it its id and its time.
///
/// Use ``Transaction/publish(_:about:headers:)`` and
/// ``Transaction/send(_:to:orderedBy:replyTo:headers:)`` unless neither an event nor a command is
/// meant.
public struct OutgoingMessage: Hashable, Sendable {
    /// See ``Message/type``.
    public let type: String
    /// See ``Message/destination``.
    public let destination: String
    /// See ``Message/partitionID``.
    public let partitionID: String
    /// Further headers. The outbox adds those that every message has, and overwrites them if they
    /// are here.
    public let headers: [String: String]
    /// The content as JSON text.
    public let payload: String

    /// A message with these parts.
    public init(
        type: String, destination: String, partitionID: String, headers: [String: String],
        payload: String
    ) {
        self.type = type
        self.destination = destination
        self.partitionID = partitionID
        self.headers = headers
        self.payload = payload
    }
}
