/// A message as the relay carries it.
public struct Message: Hashable, Sendable {
    /// Its id, the same wherever it is delivered and however often.
    public let id: MessageID
    /// The name of what the payload is, for example `OrderCreated`.
    public let type: String
    /// The channel that it was sent to. Domain events go to the channel of their aggregate's type.
    public let destination: String
    /// The ordering key: a subscriber receives the messages of one channel and one partition id in
    /// the order in which they were sent.
    public let partitionID: String
    /// See ``MessageHeader``.
    public let headers: [String: String]
    /// JSON text.
    public let payload: String
    /// When it was sent; nil when the outbox that it came from is not known.
    public let sent: Timestamp?
    /// The digest that it got when it was sent; nil when the outbox that it came from is not known.
    public let digest: Int?
    /// Why it cannot be delivered as it is: it was changed after it was sent.
    public let defect: String?

    /// A message with these parts.
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

    /// The message with another payload, for one subscriber. The digest stays the one of the message as
    /// it was sent; where that does not fit, it says nothing any more.
    package func replacing(payload: String) -> Message {
        Message(
            id: id, type: type, destination: destination, partitionID: partitionID,
            headers: headers, payload: payload, sent: sent,
            digest: defect == nil ? digest : nil, defect: headers.count > 1 ? nil : defect)
    }

    /// The message in whose handling this one was sent, or for which a deadline or an operator has sent
    /// it; nil for what nothing but a user has caused.
    public var causationID: MessageID? {
        headers[MessageHeader.causationID].flatMap { MessageID($0) }
    }

    /// The id of the first message of the chain that this one belongs to: its own when it is the first.
    public var correlationID: String { headers[MessageHeader.correlationID] ?? id.description }

    /// Whether it tells of an event; any other message must have a receiver.
    package var isEvent: Bool { headers[MessageHeader.eventType] != nil }

    /// The message without its contents.
    public var heading: MessageHeading { MessageHeading(id: id, type: type) }
}

/// Which message it is, and what kind.
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

/// A message that is about to be sent: the outbox gives it its id.
public struct OutgoingMessage: Hashable, Sendable {
    /// See ``Message/type``.
    public let type: String
    /// See ``Message/destination``.
    public let destination: String
    /// See ``Message/partitionID``.
    public let partitionID: String
    /// Further headers; the outbox adds those that every message has.
    public let headers: [String: String]
    /// JSON text.
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
