/// Some messages of one source, and what its store said of them when they were read.
struct Chunk {
    let source: Service
    let messages: [Message]
    let notes: DeliveryNotes
    let state: SourceState

    /// - Parameter incarnation: what the store's identity is known to say; nil when that is to be read.
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

/// What a subscriber's store remembers of the store that its messages come from, read with them.
struct SourceState {
    let incarnation: String
    let counters: [String: Int]

    init(_ transaction: any Transaction) throws {
        try self.init(
            transaction, incarnation: Identities(transaction).own().incarnation)
    }

    /// - Parameter incarnation: what the store's identity is known to say.
    init(_ transaction: any Transaction, incarnation: String) throws {
        self.incarnation = incarnation
        counters = try transaction.counters()
    }
}

/// What is the same for all deliveries of a run.
struct DeliveryContext {
    let availability: Availability
    let parking: ParkingPolicy
    /// Knows of handlers that end the process; nil when that does not matter.
    var journal: (any DeliveryJournal)?
    /// Whether an event that no subscriber of these services accepts is heard by nobody.
    var knowsAllSubscribers = false
    /// The incarnations of the services' stores, as far as they are known.
    var incarnations: [String: String] = [:]
    /// The subscriptions that do not begin at the beginning: the number of the last message that is not
    /// for the subscriber.
    var beginnings: [Subscription.Key: Int] = [:]

    /// The services that the stores have been told of and the relay does not connect.
    var unconnected: Set<String> = []

    /// The services whose stores cannot be asked at present which subscribers they know.
    var absent: Set<String> { unconnected.union(availability.reasons.keys) }

    /// Whether a message was sent before its subscriber began.
    func isBeforeBeginning(_ message: Message, of subscriber: any Subscriber) -> Bool {
        guard !beginnings.isEmpty else { return false }
        let key = Subscription.Key(subscriber: subscriber.id, source: message.id.service)
        return beginnings[key].map { message.id.number <= $0 } ?? false
    }
}
