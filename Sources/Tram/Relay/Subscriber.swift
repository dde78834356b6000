/// Something in a service that handles messages.
public protocol Subscriber: Sendable {
    /// The id under which the inbox remembers what has been handled. No other subscriber with this id
    /// may accept the same messages, and it must stay the same as long as its messages live.
    var id: String { get }

    /// Whether messages of this type on this channel are for this subscriber. A message that is not
    /// leaves no trace here.
    func accepts(type: String, from channel: String) -> Bool

    /// Handles a message inside a transaction of the subscriber's service. The message counts as
    /// handled when this returns; when it throws, nothing has happened.
    func handle(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome

    /// What it serves and runs besides events: none of it if nothing is said.
    var wiring: Wiring { get }

    /// Which of a source's messages it gets when a relay sees it for the first time: from the
    /// beginning, if nothing is said. It begins once: what it says later changes nothing.
    var begins: SubscriptionStart { get }

    /// The ids that it had before: none, if nothing is said. What stores know of it by one of them
    /// follows it to its present id before the next delivery. A former id may stay here for good; no
    /// other subscriber may get it while it does. One of a kind that does not say so itself gets them
    /// as the part of a ``CombinedSubscriber``.
    var formerIDs: [String] { get }
}

extension Subscriber {
    public var wiring: Wiring { Wiring() }

    public var begins: SubscriptionStart { .beginning }

    public var formerIDs: [String] { [] }
}

extension Subscriber {
    func accepts(_ message: Message) -> Bool {
        accepts(type: message.type, from: message.destination)
    }
}

/// What a handler did, in words for the person who watches.
public enum HandlerOutcome: Hashable, Sendable {
    /// It changed something: one sentence for each effect.
    case handled([String])
    /// There was nothing to do, and why.
    case ignored(String)
    /// It was a command, and the answer is no: what was refused. The failure reply is sent.
    case refused([String])
    /// It was a command for something that is locked; it is done when the lock is free.
    case stashed(String)

    /// The outcome without its words.
    var kind: DeliveryOutcome {
        switch self {
        case .handled: .handled
        case .ignored: .ignored
        case .refused: .refused
        case .stashed: .stashed
        }
    }

    /// What was done, or why nothing was.
    var words: [String] {
        switch self {
        case .handled(let effects), .refused(let effects): effects
        case .ignored(let reason), .stashed(let reason): [reason]
        }
    }

    /// It changed something.
    public static func handled(_ effects: String...) -> HandlerOutcome { .handled(effects) }

    /// The same with further sentences, unless it did nothing.
    func adding(_ sentences: [String]) -> HandlerOutcome {
        switch self {
        case .handled(let effects): .handled(effects + sentences)
        case .refused(let effects): .refused(effects + sentences)
        case .stashed(let reason): .stashed(([reason] + sentences).joined(separator: "; "))
        case .ignored: self
        }
    }
}
