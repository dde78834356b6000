/// Messages of one source, in the order of their numbers, that are delivered together, with what
/// their outbox knew of them when they were read.
///
/// Everything here comes from one read of the source, so it fits together. By the time of delivery
/// it may be old: an operator may have discarded a delivery, or another relay may have made one.
/// The inbox decides about duplicates in the subscriber's own transaction, and `ChunkDelivery`
/// reads the notes again before it sets a message aside.
struct Chunk {
    let source: Service
    let messages: [Message]
    /// Failures, dead letters, edits and discards of these messages.
    let notes: DeliveryNotes
    /// What the subscribers' stores are to remember of the source: see `SourcePosition`.
    let state: SourceState

    /// Reads the notes of `messages` and the counters of their store.
    ///
    /// - Parameters:
    ///   - messages: messages of one source in the order of their numbers; may be empty.
    ///   - incarnation: the identity of the store, where it is known from the comparison at the
    ///     beginning of the run; nil to read it.
    init(
        _ messages: [Message], of source: Service, incarnation: String?,
        in transaction: any Transaction
    ) throws {
        self.source = source
        self.messages = messages
        if let first = messages.first, let last = messages.last {
            notes = try Outbox(transaction).notes(first.id.number...last.id.number)
        } else {
            notes = DeliveryNotes()
        }
        if let incarnation {
            state = try SourceState(transaction, incarnation: incarnation)
        } else {
            state = try SourceState(transaction)
        }
    }
}

/// What a subscriber's store remembers of a source besides the last message: which copy of the
/// store it was, and how far its counters had come.
///
/// It is compared when the stores meet again. A store whose counters are lower than another store
/// remembers has been put back from an older copy (``StoreError/rolledBack(service:detail:)``).
struct SourceState {
    let incarnation: String
    let counters: [String: Int]

    init(_ transaction: any Transaction) throws {
        try self.init(
            transaction, incarnation: Identities(transaction).own().incarnation)
    }

    /// Reads the counters only: a run asks once for the identity, and for the counters with every
    /// chunk.
    init(_ transaction: any Transaction, incarnation: String) throws {
        self.incarnation = incarnation
        counters = try transaction.counters()
    }
}

/// What is the same for all deliveries of a run.
struct DeliveryContext {
    let availability: Availability
    let parking: ParkingPolicy
    /// Remembers which delivery is under way, in case the handler ends the process; nil in a
    /// rehearsal, and where that does not matter.
    var journal: (any DeliveryJournal)?
    /// Whether an event that no connected subscriber accepts has no subscriber at all. False when
    /// only some of the services are connected: then the event stays pending for the others.
    var knowsAllSubscribers = false
    /// The incarnations of the stores, by service, as far as the run has read them.
    var incarnations: [String: String] = [:]
    /// By subscription that does not begin at the beginning: the number of the last message that is
    /// not for the subscriber.
    var beginnings: [Subscription.Key: Int] = [:]

    /// Services that the stores have been told of and that this relay does not connect.
    var unconnected: Set<String> = []

    /// Services whose subscribers are not known now. A message that is published without them is
    /// noted, so that a subscriber that begins there later gets what it has missed.
    var absent: Set<String> { unconnected.union(availability.reasons.keys) }

    /// Whether a message was sent before its subscriber began, so that it is not for it.
    func isBeforeBeginning(_ message: Message, of subscriber: any Subscriber) -> Bool {
        guard !beginnings.isEmpty else { return false }
        let key = Subscription.Key(subscriber: subscriber.id, source: message.id.service)
        return beginnings[key].map { message.id.number <= $0 } ?? false
    }
}
