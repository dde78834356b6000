/// One message at one subscriber, and what came of it. A relay reports each delivery as
/// ``RelayEvent/delivered(_:)``, after the transaction in which it was made is committed.
public struct Delivery: Hashable, Sendable {
    /// The message that was delivered, without its payload.
    public let message: MessageHeading
    /// The service that sent the message.
    public let source: String
    /// The id of the subscriber; nil when nobody receives the message.
    public let subscriber: String?
    /// The outcome, the effects in words, and the messages that the handler sent.
    public internal(set) var receipt: Receipt
    /// How long ago the message was sent, by the receiving store's clock at the beginning of its
    /// transaction. Nil when that is not known, and for a message that was stashed before. It can
    /// be negative where two machines' clocks differ.
    public let age: Duration?
}

/// What can come of a delivery.
///
/// An outcome that ``isDone`` is final for this message at this subscriber. ``failed`` and ``held``
/// deliveries are tried again by later runs; a ``parked`` one waits for an operator.
public enum DeliveryOutcome: String, CaseIterable, Hashable, Sendable {
    /// The handler has changed something, and its transaction is committed.
    case handled
    /// The handler ran and found nothing to do. The message counts as handled.
    case ignored
    /// The handler refused a command: its own writes are undone, and its failure reply is sent. A
    /// refusal is an answer and not an error; the saga that asked decides what follows.
    case refused
    /// The command waits at its participant for a lock of another saga. It is published, since the
    /// participant has it, and is resumed when the lock is freed.
    case stashed
    /// No subscriber in the whole system accepts the event; it is done with.
    case unheard
    /// The subscriber had handled the message before, and nothing ran. Expected after a crash
    /// between a handler's commit and the mark in the outbox.
    case duplicate
    /// The handler threw, or its commit was refused. Its writes are undone, and the message stays
    /// pending: the next run, or ``RelayRun/retryFailed()``, tries it again. The first of the
    /// receipt's effects is the error.
    case failed
    /// The delivery has failed as often as ``ParkingPolicy`` allows: it is a dead letter now, and
    /// waits for an operator, see ``DeadLetter``.
    case parked
    /// Not tried, because an earlier message of the same aggregate has failed at this subscriber,
    /// or is parked.
    case held

    /// Whether the handler was called in vain: the outcome is ``failed`` or ``parked``.
    public var isFailure: Bool { self == .failed || self == .parked }

    /// Whether the subscriber is done with the message, so that nothing of it is to be delivered
    /// there again.
    public var isDone: Bool {
        switch self {
        case .handled, .ignored, .refused, .stashed, .unheard, .duplicate: true
        case .failed, .parked, .held: false
        }
    }
}
