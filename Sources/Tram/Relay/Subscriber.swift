/// Something in a service that handles messages.
///
/// Most programs need no type of their own: ``DomainEventHandlers`` handle events,
/// ``CommandHandlers`` commands, a ``SagaManager`` the replies to a saga, and a
/// ``CombinedSubscriber`` several of these under one id. Write one for messages that are none of
/// these, or to wrap another:
///
/// ```swift
/// struct Counting: Subscriber {
///     let id = "counting"
///
///     func accepts(type: String, from channel: String) -> Bool { channel == "Order" }
///
///     func handle(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome {
///         try transaction.execute("UPDATE total SET orders = orders + 1")
///         return .handled("counted \(message.type)")
///     }
/// }
/// ```
///
/// Whoever wraps a subscriber passes every requirement on, also the optional ones: ``wiring``,
/// ``begins``, ``formerIDs``, and those of ``TimedSubscriber`` and ``StashingSubscriber``.
///
/// A subscriber has no state of its own. A relay may call it for any message, several times for the
/// same one, and in transactions that are undone afterwards.
public protocol Subscriber: Sendable {
    /// The id under which the inbox remembers what has been handled.
    ///
    /// It is unique in the system, and stays the same for as long as the subscriber's messages
    /// live: with another id, every message would be new to it. To rename a subscriber, keep the
    /// old id in ``formerIDs``.
    var id: String { get }

    /// Whether messages of this type on this channel are for this subscriber. A message that is not
    /// leaves no trace here.
    ///
    /// Asked often, for every message and subscriber; the answer must depend on nothing but the
    /// arguments.
    func accepts(type: String, from channel: String) -> Bool

    /// Handles a message inside a transaction of the subscriber's service.
    ///
    /// The message counts as handled when this returns, whatever the outcome, and is not delivered
    /// here again. When it throws, its writes and the messages that it has sent are undone, and the
    /// message is tried again later. Throw for accidents; an answer of "no" to a command is
    /// ``HandlerOutcome/refused(_:)``.
    ///
    /// The handler works on the transaction only. What it did elsewhere, such as a call over the
    /// network, would stay when the transaction is undone, and be done again.
    ///
    /// - Parameters:
    ///   - message: a message that the subscriber accepts.
    ///   - transaction: valid until this returns.
    /// - Returns: what was done, in words.
    func handle(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome

    /// What the subscriber serves and runs besides events, for the checks of ``Service`` and
    /// ``Relay``. By default, nothing.
    var wiring: Wiring { get }

    /// Which of a source's messages the subscriber gets when a relay sees it for the first time: by
    /// default from the beginning. It begins once, and what it says later changes nothing.
    var begins: SubscriptionStart { get }

    /// The ids that the subscriber had before; by default none.
    ///
    /// What stores know of it by one of them follows it to its present id before the next delivery.
    /// A former id may stay here for good; no other subscriber may have it while it does. A kind of
    /// subscriber that cannot say so itself gets former ids as the part of a
    /// ``CombinedSubscriber``.
    var formerIDs: [String] { get }
}

extension Subscriber {
    /// Events only.
    public var wiring: Wiring { Wiring() }

    /// From the beginning.
    public var begins: SubscriptionStart { .beginning }

    /// None.
    public var formerIDs: [String] { [] }
}

extension Subscriber {
    func accepts(_ message: Message) -> Bool {
        accepts(type: message.type, from: message.destination)
    }
}

/// What a handler did, in words for the person who watches.
///
/// The words are part of a relay's report, and are kept in the inbox (``InboxEntry/effects``), so
/// that it can be asked later why something is as it is. Write a short phrase in the past tense for
/// each effect: `reserved 4.00 for order 7`.
public enum HandlerOutcome: Hashable, Sendable {
    /// The handler changed something: a phrase for each effect.
    case handled([String])
    /// There was nothing to do, and why: for example an event about something that the service does
    /// not have. The message counts as handled.
    case ignored(String)
    /// The handler refused a command: what was refused, and why. Its own writes are undone, and the
    /// failure reply is sent. ``CommandHandlers`` makes it of a ``FailureReply`` that a handler
    /// throws.
    case refused([String])
    /// The command needs something that is locked, and why it waits. Only a ``StashingSubscriber``
    /// may return it, since somebody must keep the command and go on with it.
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

    /// The handler changed something: `.handled("reserved 4.00", "sent the bill")`.
    public static func handled(_ effects: String...) -> HandlerOutcome { .handled(effects) }

    /// The same outcome with further phrases, unless it did nothing.
    func adding(_ sentences: [String]) -> HandlerOutcome {
        switch self {
        case .handled(let effects): .handled(effects + sentences)
        case .refused(let effects): .refused(effects + sentences)
        case .stashed(let reason): .stashed(([reason] + sentences).joined(separator: "; "))
        case .ignored: self
        }
    }
}
