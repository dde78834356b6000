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

/// The names of headers, those of Eventuate Tram.
public enum MessageHeader {
    /// The message's id; the reader of an outbox adds it.
    public static let id = "ID"
    /// The ordering key.
    public static let partitionID = "PARTITION_ID"
    /// The channel.
    public static let destination = "DESTINATION"
    /// When it was sent, in the form of ``Timestamp/httpDate``.
    public static let date = "DATE"
    /// The event's name.
    public static let eventType = "event-type"
    /// The type of the aggregate that the event is about.
    public static let eventAggregateType = "event-aggregate-type"
    /// The id of the aggregate that the event is about.
    public static let eventAggregateID = "event-aggregate-id"

    /// The command's name.
    public static let commandType = "command_type"
    /// The channel that the command was sent to. With two underscores, as in the original.
    public static let commandDestination = "command__destination"
    /// The channel of the reply; missing for a notification.
    public static let commandReplyTo = "command_reply_to"
    /// The type of the saga that sent the command.
    public static let commandSagaType = "command_saga_type"
    /// The id of the saga that sent the command.
    public static let commandSagaID = "command_saga_id"
    /// The name of the saga's step that the command does or undoes.
    public static let commandSagaStep = "command_saga_step"
    /// `true` when the command undoes the step; missing otherwise.
    public static let commandSagaCompensating = "command_saga_compensating"
    /// `true` when an earlier command of the step may have been handled; missing otherwise.
    public static let commandSagaRepeated = "command_saga_repeated"
    /// The lock that a `SagaUnlockCommand` releases.
    public static let commandResource = "command_resource"

    /// The reply's name.
    public static let replyType = "reply_type"
    /// `SUCCESS` or `FAILURE`.
    public static let replyOutcome = "reply_outcome-type"
    /// The id of the command that the reply answers.
    public static let replyToMessageID = "reply_to_message_id"
    /// The lock that the participant holds for the saga.
    public static let sagaLockedTarget = "saga-locked-target"

    /// The name under which a reply echoes a header of its command: `command_x` becomes
    /// `commandreply_x`.
    package static func echo(of commandHeader: String) -> String {
        "commandreply_" + commandHeader.dropFirst("command_".count)
    }
}
