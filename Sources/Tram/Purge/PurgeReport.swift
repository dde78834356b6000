/// What a purge has freed, and what it had to keep.
public struct PurgeReport: Hashable, Sendable {
    /// What was freed, by store, in the order of the relay's services.
    public internal(set) var freed: [Freed]
    /// What was kept though it is old enough: for each store and reason how much, and the first
    /// message or saga that is the reason.
    public internal(set) var holds: [PurgeHold] = []
    /// The services that are away, or that the relay does not connect though the system has them. Then
    /// nothing was freed: they may need all of it.
    public internal(set) var missing: [String] = []

    /// How many rows of each kind were freed in one store.
    public struct Freed: Hashable, Sendable {
        /// The service whose store it is.
        public let service: String
        /// Messages of the outbox.
        public internal(set) var messages = 0
        /// Rows of the inbox.
        public internal(set) var handled = 0
        /// Instances of sagas, with their logs.
        public internal(set) var sagas = 0
        /// Idempotency keys.
        public internal(set) var keys = 0

        /// How many rows in all, a saga with its log being one.
        public var total: Int { messages + handled + sagas + keys }
    }

    /// How many rows were freed in all stores.
    public var total: Int { freed.reduce(0) { $0 + $1.total } }

    /// Counts more of what is kept for one reason; the first holder is told.
    mutating func keep(_ hold: PurgeHold) {
        let same = holds.firstIndex {
            $0.service == hold.service && $0.what == hold.what && $0.reason == hold.reason
                && (hold.what != .handled || $0.message?.service == hold.message?.service)
        }
        if let same {
            holds[same].count += hold.count
        } else {
            holds.append(hold)
        }
    }

    mutating func free(_ count: Int, _ kind: WritableKeyPath<Freed, Int>, of service: String) {
        guard let index = freed.firstIndex(where: { $0.service == service }) else { return }
        freed[index][keyPath: kind] += count
    }

    /// The holds in the order of stores and kinds, whatever order they were found in.
    mutating func sortHolds() {
        holds = freed.flatMap { store in
            PurgeHold.Kind.allCases.flatMap { kind in
                holds.filter { $0.service == store.service && $0.what == kind }
            }
        }
    }
}

/// Something that a purge cannot free, and who holds it.
public struct PurgeHold: Hashable, Sendable {
    /// The service in whose store it is.
    public let service: String
    /// What is kept.
    public let what: Kind
    /// Why it is kept.
    public let reason: Reason
    /// How much of the kind is kept for that reason.
    public internal(set) var count: Int
    /// The first message that is the reason, or is kept for it.
    public var message: MessageID?
    /// The first saga that is kept.
    public var saga: SagaReference?
    /// The subscriber that has not handled the message, or has missed it, or the service that has
    /// the lock or the stashed command. Nil when there is none: nobody receives the message.
    public var holder: String?

    /// What can be kept.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// All that a store holds.
        case store
        case messages
        /// Rows of the inbox.
        case handled
        case sagas
    }

    /// Why something is kept.
    public enum Reason: String, CaseIterable, Hashable, Sendable {
        /// A message is to be delivered.
        case pending
        /// A message's delivery failed so far; or the saga has failed.
        case failed
        /// A message waits behind a parked one.
        case held
        case parked
        /// A message is published, and a subscriber does not know it: its inbox was put back, or it did
        /// not subscribe when the message was delivered.
        case unhandled
        /// A message was published without a subscriber that the program does not have: it gets the
        /// message when a program has it again. ``Relay/remove(subscriber:_:)`` frees it.
        case missed
        /// A subscriber knows another message of this id.
        case otherContent = "other-content"
        /// A command waits for a lock at its participant.
        case stashed
        /// The store is older than others know it.
        case rolledBack = "rolled-back"
        /// The saga has not ended.
        case running
        /// The saga still has a lock at a participant.
        case locked
        /// The saga's log is empty, so it does not tell when the saga ended.
        case unlogged
        /// No service runs sagas of this type.
        case unknownType = "unknown-type"
    }

    init(
        _ service: String, _ what: Kind, _ reason: Reason, count: Int = 1,
        message: MessageID? = nil, saga: SagaReference? = nil, holder: String? = nil
    ) {
        self.service = service
        self.what = what
        self.reason = reason
        self.count = count
        self.message = message
        self.saga = saga
        self.holder = holder
    }
}
