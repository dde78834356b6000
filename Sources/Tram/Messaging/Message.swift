/// A message as the relay carries it.
public struct Message: Hashable, Sendable {
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

    public init(
        id: MessageID, type: String, destination: String, partitionID: String,
        headers: [String: String], payload: String
    ) {
        self.id = id
        self.type = type
        self.destination = destination
        self.partitionID = partitionID
        self.headers = headers
        self.payload = payload
    }

    /// The message without its contents.
    public var heading: MessageHeading { MessageHeading(id: id, type: type) }
}

/// Which message it is, and what kind.
public struct MessageHeading: Hashable, Sendable {
    public let id: MessageID
    public let type: String

    public init(id: MessageID, type: String) {
        self.id = id
        self.type = type
    }
}

/// A message that is about to be sent: the outbox gives it its id.
public struct OutgoingMessage: Hashable, Sendable {
    public let type: String
    public let destination: String
    public let partitionID: String
    /// Further headers; the outbox adds those that every message has.
    public let headers: [String: String]
    public let payload: String

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
    public static let id = "ID"
    public static let partitionID = "PARTITION_ID"
    public static let destination = "DESTINATION"
    public static let date = "DATE"
    public static let eventType = "event-type"
    public static let eventAggregateType = "event-aggregate-type"
    public static let eventAggregateID = "event-aggregate-id"

    public static let commandType = "command_type"
    /// With two underscores, as in the original.
    public static let commandDestination = "command__destination"
    public static let commandReplyTo = "command_reply_to"
    public static let commandSagaType = "command_saga_type"
    public static let commandSagaID = "command_saga_id"
    /// The lock that a `SagaUnlockCommand` releases.
    public static let commandResource = "command_resource"

    public static let replyType = "reply_type"
    /// `SUCCESS` or `FAILURE`.
    public static let replyOutcome = "reply_outcome-type"
    public static let replyToMessageID = "reply_to_message_id"
    /// The lock that the participant holds for the saga.
    public static let sagaLockedTarget = "saga-locked-target"

    /// The name under which a reply echoes a header of its command: `command_x` becomes
    /// `commandreply_x`.
    static func echo(of commandHeader: String) -> String {
        "commandreply_" + commandHeader.dropFirst("command_".count)
    }
}
