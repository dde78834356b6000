/// What an outbox knows of the deliveries of a stretch of its messages, besides that the messages
/// are pending: failures, dead letters, and what operators have decided.
///
/// It is read once for each chunk, so that a relay need not ask for each delivery. Usually it is
/// empty, and the checks cost next to nothing.
package struct DeliveryNotes {
    /// A delivery: a message at a subscriber. The subscriber is empty where nobody receives the
    /// message.
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

    /// How often a delivery has failed; none of the parked ones.
    package private(set) var attempts: [Key: Int] = [:]
    /// The deliveries that are dead letters, and how often they were tried before.
    package private(set) var parked: [Key: Int] = [:]
    /// What went wrong with a delivery that has failed or is parked.
    package private(set) var errors: [Key: String] = [:]
    /// The deliveries that will never be made, because an operator has discarded them.
    package private(set) var discarded: Set<Key> = []
    /// The payloads that operators have given to single deliveries.
    package private(set) var edits: [Key: String] = [:]
    /// The deliveries that wait behind a dead letter of the same aggregate, and the number of its
    /// message: the first, if there are several.
    package private(set) var ahead: [Key: Int] = [:]
    /// The deliveries that wait behind a failed one, and the number of its message. Only
    /// ``Outbox/allNotes(_:)`` reads them: a relay finds them out as it goes.
    package private(set) var behindFailed: [Key: Int] = [:]

    /// For whom alone a message is pending again, by its number. A message without an entry is for
    /// everyone.
    private var receivers: [Int: Set<String>] = [:]

    /// The numbers of the messages of which a delivery has failed or is parked.
    private var failing: Set<Int> = []

    /// Notes of nothing.
    package init() {}

    /// Whether nothing is known.
    var isEmpty: Bool {
        attempts.isEmpty && parked.isEmpty && discarded.isEmpty && edits.isEmpty && ahead.isEmpty
            && receivers.isEmpty
    }

    /// Whether a pending message is for a subscriber. It is not when the message was published, and
    /// is pending again for others only.
    package func isFor(_ key: Key) -> Bool {
        receivers.isEmpty || receivers[key.message]?.contains(key.subscriber) ?? true
    }

    /// Whether a delivery need not be made, now or later.
    func isSettled(_ key: Key) -> Bool { discarded.contains(key) || !isFor(key) }

    /// Whether a delivery of the message has failed or is parked.
    func hasFailure(of message: Message) -> Bool {
        !failing.isEmpty && failing.contains(message.id.number)
    }

    /// Whether a message of the stretch is parked, or waits behind a parked one.
    var hasDeadLetters: Bool { !parked.isEmpty || !ahead.isEmpty }

    /// Adds a row of ``Outbox/notes(_:)``: its kind, the message's number, the subscriber, and a
    /// number and a text whose meaning depends on the kind.
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
