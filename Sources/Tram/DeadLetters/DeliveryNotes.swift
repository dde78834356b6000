/// What an outbox knows of the deliveries of some of its messages, besides that they are pending.
package struct DeliveryNotes {
    /// A message at a subscriber; an empty subscriber where nobody receives the message.
    package struct Key: Hashable {
        let message: Int
        let subscriber: String

        package init(message: Int, subscriber: String) {
            self.message = message
            self.subscriber = subscriber
        }

        init(_ message: Message, _ subscriber: (any Subscriber)?) {
            self.init(message: message.id.number, subscriber: subscriber?.id ?? "")
        }
    }

    /// How often a delivery has failed.
    package private(set) var attempts: [Key: Int] = [:]
    /// The deliveries that are dead letters, and how often they were tried.
    package private(set) var parked: [Key: Int] = [:]
    /// What went wrong with a delivery that has failed or is parked.
    package private(set) var errors: [Key: String] = [:]
    /// The deliveries that will never be made: an operator has said so.
    package private(set) var discarded: Set<Key> = []
    /// The payloads that operators have given to single deliveries.
    package private(set) var edits: [Key: String] = [:]
    /// The deliveries that wait behind a dead letter of the same aggregate, and which one.
    package private(set) var ahead: [Key: Int] = [:]
    /// The deliveries that wait behind one that has failed, and which one.
    package private(set) var behindFailed: [Key: Int] = [:]

    /// The messages that are pending again, and for whom alone.
    private var receivers: [Int: Set<String>] = [:]

    /// The messages of which a delivery has failed or is parked.
    private var failing: Set<Int> = []

    /// Nothing is known.
    package init() {}

    /// Whether nothing is known.
    var isEmpty: Bool {
        attempts.isEmpty && parked.isEmpty && discarded.isEmpty && edits.isEmpty && ahead.isEmpty
            && receivers.isEmpty
    }

    /// Whether a pending message is for a subscriber: not so when it was published, and is pending again
    /// for others.
    package func isFor(_ key: Key) -> Bool {
        receivers.isEmpty || receivers[key.message]?.contains(key.subscriber) ?? true
    }

    /// Whether a delivery need never be made.
    func isSettled(_ key: Key) -> Bool { discarded.contains(key) || !isFor(key) }

    /// Whether a delivery of the message has failed or is parked.
    func hasFailure(of message: Message) -> Bool {
        !failing.isEmpty && failing.contains(message.id.number)
    }

    /// Whether there is a dead letter among the messages, or before them.
    var hasDeadLetters: Bool { !parked.isEmpty || !ahead.isEmpty }

    mutating func add(_ row: Row) throws {
        let (kind, message, subscriber, number, text): (String, Int, String, Int, String) =
            try row.values()
        let key = Key(message: message, subscriber: subscriber)
        switch kind {
        case "failed":
            attempts[key] = number
            errors[key] = text
            failing.insert(message)
        case "parked":
            parked[key] = number
            errors[key] = text
            failing.insert(message)
        case "discarded": discarded.insert(key)
        case "only for": receivers[message, default: []].insert(subscriber)
        case "edited": edits[key] = text
        case "behind failed": behindFailed[key] = min(number, behindFailed[key] ?? number)
        default: ahead[key] = min(number, ahead[key] ?? number)
        }
    }
}
