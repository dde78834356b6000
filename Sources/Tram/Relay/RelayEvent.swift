/// What a run tells while it works, to the closure that was given to ``RelayRun/pass(_:report:)``.
///
/// A pass with work to do tells ``began(_:)``, then ``delivered(_:)`` for each delivery, and
/// ``ended(_:)`` at last. An idle pass tells only ``ended(_:)``. ``expired(_:)`` and
/// ``unavailable(service:reason:)`` come in between, when they happen. Everything that is told is
/// committed already, so an error that the closure throws ends the pass, and undoes nothing.
public enum RelayEvent: Sendable {
    /// Before a pass: a deadline has passed, and its subscriber has acted on it or has failed to.
    case expired(Expiry)
    /// A service is away, and the pass goes on without it. Told once in a run for each absence.
    case unavailable(service: String, reason: StoreError)
    /// A pass begins, with this to do.
    case began(PassPlan)
    /// A delivery was made, or tried; its transaction is committed.
    case delivered(Delivery)
    /// The pass has ended, also when it was interrupted. Not told when it ends by an error.
    case ended(PassSummary)
}

/// What a subscriber did because a message did not come in time: see
/// ``TimedSubscriber/expire(_:in:)``.
public struct Expiry: Hashable, Sendable {
    /// The id of the subscriber.
    public let subscriber: String
    /// What it did, in one sentence; if it failed, what it waited for and the error.
    public let effect: String
    /// Whether it failed: then nothing has changed. A later run, or this one after
    /// ``RelayRun/retryFailed()``, tries again.
    public let isFailed: Bool
    /// The messages that it sent. The pass that follows delivers them.
    public let published: [MessageHeading]
}

/// What a pass is going to do, counted before its first delivery.
public struct PassPlan: Hashable, Sendable {
    /// Which pass of its run it is, from 1. Idle passes are not counted.
    public let number: Int
    /// How many messages it takes up. A handler may be called more often, since a message can have
    /// several subscribers.
    public let messages: Int
    /// The last message that it takes up of each source that has any.
    public let lastMessages: [MessageID]
    /// The types of the messages.
    public let types: Set<String>
}

/// What a pass has done, and what it leaves.
public struct PassSummary: Hashable, Sendable {
    /// Which pass of its run it was, from 1; of an idle pass, the number that the next one will
    /// have.
    public let number: Int
    /// How many messages it took up. Fewer than planned when it was interrupted, or a source went
    /// away.
    public let messages: Int
    /// How many deliveries it made or tried: not those that were held back, nor events that nobody
    /// subscribes to.
    public let deliveries: Int
    /// How many deliveries found that the subscriber had handled the message before.
    public let duplicates: Int
    /// How many deliveries failed; their messages stay pending. Newly parked ones are counted in
    /// ``newlyParked`` only.
    public let failed: Int
    /// How many deliveries were held back behind a failed or parked one.
    public let held: Int
    /// How many deliveries have failed for the last time, and are parked now.
    public let newlyParked: Int
    /// How many messages are pending now, in all outboxes that can be read.
    public let pending: Int
    /// How many messages are parked for at least one subscriber now, in all outboxes that can be
    /// read. One for which no other subscriber waits is not pending.
    public let parked: Int
    /// Whether ``RelayRun/Bounds/isInterrupted`` has ended it early.
    public let isInterrupted: Bool
    /// The services that are away, in the relay's order.
    public let unavailable: [String]

    /// Whether there was nothing to do. It says nothing about messages that failed earlier in the
    /// run, nor about services that are away: see ``RelayRun/hasFailed`` and ``unavailable``.
    public let isIdle: Bool
}

/// Counts a pass's deliveries by outcome, for its summary.
struct Tally {
    let plan: PassPlan
    private var deliveries: [DeliveryOutcome: Int] = [:]
    /// How many messages have been taken up so far.
    var messages = 0

    init(plan: PassPlan) {
        self.plan = plan
    }

    mutating func count(_ delivery: Delivery) {
        deliveries[delivery.receipt.outcome, default: 0] += 1
    }

    func summary(pending: Int, parked: Int, isInterrupted: Bool, unavailable: [String])
        -> PassSummary
    {
        let held = deliveries[.held, default: 0]
        let unheard = deliveries[.unheard, default: 0]
        return PassSummary(
            number: plan.number, messages: messages,
            deliveries: deliveries.values.reduce(0, +) - held - unheard,
            duplicates: deliveries[.duplicate, default: 0],
            failed: deliveries[.failed, default: 0], held: held,
            newlyParked: deliveries[.parked, default: 0], pending: pending, parked: parked,
            isInterrupted: isInterrupted, unavailable: unavailable, isIdle: plan.messages == 0)
    }
}
