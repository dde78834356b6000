/// One message at one subscriber, and what came of it.
public struct Delivery: Hashable, Sendable {
    /// The message that was delivered, without its payload.
    public let message: MessageHeading
    /// The service that sent the message.
    public let source: String
    /// The id of the subscriber; nil when nobody receives the message.
    public let subscriber: String?
    /// What came of it.
    public internal(set) var receipt: Receipt
    /// How long ago the message was sent, when this transaction began; nil when that is not known.
    public let age: Duration?
}

/// What can come of a delivery.
public enum DeliveryOutcome: String, CaseIterable, Hashable, Sendable {
    /// The handler ran, and its transaction is committed.
    case handled
    /// The handler ran and found nothing to do.
    case ignored
    /// The handler refused a command: its own writes are undone, and its failure reply is sent.
    case refused
    /// The command waits for a lock, at its participant.
    case stashed
    /// Nobody subscribes to the event, in the whole system; it is done with.
    case unheard
    /// The subscriber had handled the message before; nothing ran.
    case duplicate
    /// The handler threw; nothing has changed, and the message stays pending.
    case failed
    /// The same, and it has failed as often as it may: it waits for an operator, as a dead letter.
    case parked
    /// Not tried, because an earlier message of the same aggregate has failed at this subscriber, or is
    /// parked.
    case held

    /// Whether the handler was called in vain.
    public var isFailure: Bool { self == .failed || self == .parked }

    /// Whether the subscriber is done with the message.
    public var isDone: Bool {
        switch self {
        case .handled, .ignored, .refused, .stashed, .unheard, .duplicate: true
        case .failed, .parked, .held: false
        }
    }
}
