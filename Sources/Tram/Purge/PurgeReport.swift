/// What a purge has deleted, and what it had to keep: the result of ``Relay/purge(_:_:)``.
public struct PurgeReport: Hashable, Sendable {
    /// What was deleted, by store, in the order of the relay's services. Empty when nothing may be
    /// deleted because the relay does not reach the whole system: see ``missing``.
    public internal(set) var freed: [Freed]
    /// What was kept although it is old enough, for each store and reason: how much, and the first
    /// message or saga that is the reason.
    public internal(set) var holds: [PurgeHold] = []
    /// The services that are away, or that the relay does not connect although the system has them.
    /// If there are any, nothing was deleted: they may need all of it.
    public internal(set) var missing: [String] = []

    /// How many rows of each kind were deleted in one store.
    public struct Freed: Hashable, Sendable {
        /// The service whose store it is.
        public let service: String
        /// Messages of the outbox.
        public internal(set) var messages = 0
        /// Rows of the inbox.
        public internal(set) var handled = 0
        /// Instances of sagas, each with its log and participants.
        public internal(set) var sagas = 0
        /// Idempotency keys.
        public internal(set) var keys = 0

        /// How many rows in all; a saga with its log counts as one.
        public var total: Int { messages + handled + sagas + keys }
    }

    /// How many rows were deleted in all stores.
    public var total: Int { freed.reduce(0) { $0 + $1.total } }

    /// Adds something that is kept. Holds of one store, kind and reason are counted together, and
    /// the first one names the message and its holder. For rows of an inbox, each source is counted
    /// separately.
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

    /// Adds to the count of one kind of rows.
    mutating func free(_ count: Int, _ kind: WritableKeyPath<Freed, Int>, of service: String) {
        guard let index = freed.firstIndex(where: { $0.service == service }) else { return }
        freed[index][keyPath: kind] += count
    }

    /// Puts the holds in the order of stores and kinds, whatever order they were found in.
    mutating func sortHolds() {
        holds = freed.flatMap { store in
            PurgeHold.Kind.allCases.flatMap { kind in
                holds.filter { $0.service == store.service && $0.what == kind }
            }
        }
    }
}

/// Something that a purge cannot delete, and who holds it: so that an operator knows where to look.
public struct PurgeHold: Hashable, Sendable {
    /// The service in whose store it is.
    public let service: String
    /// What is kept.
    public let what: Kind
    /// Why it is kept.
    public let reason: Reason
    /// How many rows are kept for that reason; 0 where the whole store is.
    public internal(set) var count: Int
    /// The first message that is the reason, or is kept for it; nil where no message is concerned.
    public var message: MessageID?
    /// The first saga that is kept; nil where no saga is concerned.
    public var saga: SagaReference?
    /// Who holds it: the subscriber that has not handled the message, or has missed it, or the
    /// service that has the lock or the stashed command. Nil when there is none, as for a message
    /// that nobody receives.
    public var holder: String?

    /// What is kept: the whole store, or one kind of rows.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// All that a store holds.
        case store
        /// Messages of the outbox.
        case messages
        /// Rows of the inbox.
        case handled
        /// Instances of sagas.
        case sagas
    }

    /// Why something is kept.
    ///
    /// A healthy and idle system usually has none of these. Most name what an operator can do.
    public enum Reason: String, CaseIterable, Hashable, Sendable {
        /// A message is still to be delivered. Run the relay.
        case pending
        /// A message's delivery has failed so far, and is tried again; or the saga has failed.
        case failed
        /// A message waits behind a parked one.
        case held
        /// A message is a dead letter. An operator has to decide about it: see ``DeadLetter``.
        case parked
        /// A message is published, and a subscriber does not know it: its inbox was put back, or it
        /// did not subscribe when the message was delivered. ``Relay/redeliver(to:from:)`` brings
        /// the message.
        case unhandled
        /// A message was published without a subscriber that the program does not have; the
        /// subscriber gets it when a program has it again. ``Relay/remove(subscriber:_:)`` gives
        /// that up.
        case missed
        /// A subscriber knows another message of this id: the sender's store was put back.
        case otherContent = "other-content"
        /// A command waits for a lock at its participant.
        case stashed
        /// The store is older than others know it. See ``StoreError/rolledBack(service:detail:)``.
        case rolledBack = "rolled-back"
        /// The saga has not ended.
        case running
        /// The saga has ended, and still has a lock at a participant: the command that unlocks it
        /// has not been handled.
        case locked
        /// The saga's log is empty, so it does not tell when the saga ended.
        case unlogged
        /// No service of the program runs sagas of this type, so it is not known on which channels
        /// its messages travel.
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
