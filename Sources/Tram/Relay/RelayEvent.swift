/// What a run tells while it runs.
public enum RelayEvent: Sendable {
    /// Before a pass: something was waited for long enough.
    case expired(Expiry)
    /// A service is away: the pass goes on without it. It is told once in a run.
    case unavailable(service: String, reason: StoreError)
    case began(PassPlan)
    case delivered(Delivery)
    case ended(PassSummary)
}

/// What a subscriber did because a message did not come in time.
public struct Expiry: Hashable, Sendable {
    /// The id of the subscriber.
    public let subscriber: String
    /// What it did, or what went wrong, in one sentence.
    public let effect: String
    /// Whether it failed: then nothing has changed, and the next pass tries again.
    public let isFailed: Bool
    /// The messages that it sent.
    public let published: [MessageHeading]
}

/// What a pass is going to do.
public struct PassPlan: Hashable, Sendable {
    /// Counts the passes of the run from 1.
    public let number: Int
    /// How many messages it takes up.
    public let messages: Int
    /// The last message that it takes up of each source.
    public let lastMessages: [MessageID]
    /// The types of the messages.
    public let types: Set<String>
}

/// What a pass has done.
public struct PassSummary: Hashable, Sendable {
    /// Which pass of its run it was, from 1.
    public let number: Int
    /// How many messages it took up.
    public let messages: Int
    /// How many deliveries it made or tried: not those that were held back, nor events that nobody
    /// hears.
    public let deliveries: Int
    /// How many deliveries found that the subscriber had handled the message before.
    public let duplicates: Int
    /// How many deliveries failed; their messages stay pending.
    public let failed: Int
    /// How many deliveries were held back behind a failed one.
    public let held: Int
    /// How many deliveries have failed for the last time, and are parked now.
    public let newlyParked: Int
    /// How many messages are pending in all outboxes, now.
    public let pending: Int
    /// How many messages are parked for a subscriber in all outboxes, now. Those that no one else
    /// waits for are not pending.
    public let parked: Int
    /// Whether it ended before its bound.
    public let isInterrupted: Bool
    /// The services that are away, in the relay's order.
    public let unavailable: [String]

    /// Whether there was nothing to do.
    public let isIdle: Bool
}

/// Counts a pass's deliveries.
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
