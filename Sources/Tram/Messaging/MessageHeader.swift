/// The names of headers: those of Eventuate Tram, those that tell causes, and those of the W3C
/// Recommendation "Trace Context".
///
/// The library sets all of them except ``traceParent`` and ``traceState``. An application may add
/// headers of its own to what it sends, under any name that is not reserved (``isReserved(_:)``).
public enum MessageHeader {
    /// The message's id, for example `order:7`. It is not stored: the reader of an outbox adds it.
    public static let id = "ID"
    /// The ordering key: see ``Message/partitionID``.
    public static let partitionID = "PARTITION_ID"
    /// The channel: see ``Message/destination``.
    public static let destination = "DESTINATION"
    /// When the message was sent, to the second, in the form of ``Timestamp/httpDate``.
    public static let date = "DATE"
    /// The id of the message in whose handling this one was sent; for what a deadline or an
    /// operator sends, the id of the outstanding command. Missing where only a user was the cause.
    public static let causationID = "causation-id"
    /// The id of the first message of the chain. The first message does not store it, since its id
    /// is not known before it is inserted; the reader of an outbox adds it.
    public static let correlationID = "correlation-id"
    /// The place in a distributed trace. It is handed on from a message to what its handler sends.
    public static let traceParent = "traceparent"
    /// What belongs to ``traceParent``, and is handed on with it.
    public static let traceState = "tracestate"

    /// The event's name. A message that has this header is an event.
    public static let eventType = "event-type"
    /// The type of the aggregate that the event is about.
    public static let eventAggregateType = "event-aggregate-type"
    /// The id of the aggregate that the event is about.
    public static let eventAggregateID = "event-aggregate-id"

    /// The command's name: see ``Command/commandType``.
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
    /// `SUCCESS` or `FAILURE`: see ``ReplyOutcome``.
    public static let replyOutcome = "reply_outcome-type"
    /// The id of the command that the reply answers.
    public static let replyToMessageID = "reply_to_message_id"
    /// The lock that the participant holds for the saga from now on. The saga remembers it, and
    /// unlocks it at its end.
    public static let sagaLockedTarget = "saga-locked-target"

    /// The name under which a reply echoes a header of its command: `command_x` becomes
    /// `commandreply_x`. By the echoes a reply finds its saga.
    package static func echo(of commandHeader: String) -> String {
        "commandreply_" + commandHeader.dropFirst("command_".count)
    }

    /// The reserved names without a common prefix, in lower case.
    private static let reserved: Set<String> = [
        id, partitionID, destination, date, causationID, correlationID, eventType,
        eventAggregateType, eventAggregateID, replyType, replyOutcome, replyToMessageID,
        sagaLockedTarget,
    ].reduce(into: []) { $0.insert($1.lowercased()) }

    /// Whether only the library sets a header of this name, in whatever letters it is written.
    ///
    /// Besides most of the names above, these are all that begin with `command_` or
    /// `commandreply_`.
    public static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return reserved.contains(name) || name.hasPrefix("command_")
            || name.hasPrefix("commandreply_")
    }

    /// - Throws: ``ReservedHeader`` for the alphabetically first header whose name is reserved.
    static func refuseReserved(_ headers: [String: String]) throws {
        if headers.isEmpty { return }
        if let name = headers.keys.sorted().first(where: isReserved) {
            throw ReservedHeader(name: name)
        }
    }
}

/// A message was given a further header whose name only the library sets. Nothing was sent.
public struct ReservedHeader: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name as it was given.
    public let name: String

    /// An error about the header `name`.
    public init(name: String) {
        self.name = name
    }

    public var description: String { "the header '\(name)' is set by the library alone" }
}
