/// The names of headers: those of Eventuate Tram, those that tell causes, and those of the W3C
/// Recommendation "Trace Context".
public enum MessageHeader {
    /// The message's id; the reader of an outbox adds it.
    public static let id = "ID"
    /// The ordering key.
    public static let partitionID = "PARTITION_ID"
    /// The channel.
    public static let destination = "DESTINATION"
    /// When it was sent, in the form of ``Timestamp/httpDate``.
    public static let date = "DATE"
    /// The id of the message in whose handling this one was sent; for what a deadline or an operator
    /// sends, the id of the outstanding command. Missing where nothing but a user was the cause.
    public static let causationID = "causation-id"
    /// The id of the first message of the chain. Of the first one itself the reader of an outbox adds it.
    public static let correlationID = "correlation-id"
    /// The place in a distributed trace. It passes from a message to what its handler sends.
    public static let traceParent = "traceparent"
    /// What belongs to ``traceParent``, and passes with it.
    public static let traceState = "tracestate"

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
    /// The lock that a `SagaUnlockCommand` releases; missing when it releases all of its saga's.
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

    /// The headers that only the library sets, in small letters.
    private static let reserved: Set<String> = [
        id, partitionID, destination, date, causationID, correlationID, eventType,
        eventAggregateType, eventAggregateID, replyType, replyOutcome, replyToMessageID,
        sagaLockedTarget,
    ].reduce(into: []) { $0.insert($1.lowercased()) }

    /// Whether a header's name, written in whatever letters, is one that only the library sets.
    public static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return reserved.contains(name) || name.hasPrefix("command_")
            || name.hasPrefix("commandreply_")
    }

    /// - Throws: ``ReservedHeader`` when one of them is the library's.
    static func refuseReserved(_ headers: [String: String]) throws {
        if headers.isEmpty { return }
        if let name = headers.keys.sorted().first(where: isReserved) {
            throw ReservedHeader(name: name)
        }
    }
}

/// A further header has a name that only the library sets. Nothing was sent.
public struct ReservedHeader: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name as it was given.
    public let name: String

    /// The error about this name.
    public init(name: String) {
        self.name = name
    }

    public var description: String { "the header '\(name)' is set by the library alone" }
}
