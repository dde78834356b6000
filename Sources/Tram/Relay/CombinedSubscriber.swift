/// Several kinds of handlers that are one subscriber: they share an id, and so an entry in the
/// inbox for each message.
///
/// Use it where one service handles events as well as commands, or runs a saga beside them:
///
/// ```swift
/// CombinedSubscriber("customer", [
///     CustomerEventConsumer.handlers,
///     CustomerCommandHandler.handlers,
/// ])
/// ```
///
/// Each message goes to the first part that accepts it, and to that part only. All parts must have
/// the id of the whole: a part with another id is a
/// ``WiringError/partWithOtherID(subscriber:part:)`` when the ``Service`` is built.
///
/// The whole ``Subscriber/begins`` now when one of its parts does, so such a part must not stand
/// beside one that receives commands or replies. Its ``Subscriber/formerIDs`` are those that it is
/// given and those of its parts.
///
/// Two subscribers of one service with different ids are an alternative: each then has its own
/// inbox entries, its own order, and its own failures.
public struct CombinedSubscriber: TimedSubscriber, StashingSubscriber {
    public let id: String
    public let begins: SubscriptionStart
    public let formerIDs: [String]
    private let parts: [any Subscriber]

    /// Combines handlers into one subscriber.
    ///
    /// - Parameters:
    ///   - id: the id under which the inbox remembers what was handled.
    ///   - formerIDs: what the subscriber was called before: see ``Subscriber/formerIDs``.
    ///   - parts: in the order in which they are asked whether they accept a message.
    public init(_ id: String, formerly formerIDs: [String] = [], _ parts: [any Subscriber]) {
        self.id = id
        self.parts = parts
        begins = parts.contains { $0.begins == .now } ? .now : .beginning
        self.formerIDs = formerIDs + parts.flatMap(\.formerIDs)
    }

    public func accepts(type: String, from channel: String) -> Bool {
        parts.contains { $0.accepts(type: type, from: channel) }
    }

    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard let part = parts.first(where: { $0.accepts(message) }) else {
            return .ignored("\(id) has no handler for \(message.type)")
        }
        return try part.handle(message, in: transaction)
    }

    public var wiring: Wiring {
        var wiring = Wiring()
        for part in parts {
            let more = part.wiring
            wiring.commandChannels += more.commandChannels
            wiring.sagas += more.sagas
            wiring.mistakes += more.mistakes
            wiring.formerNames += more.formerNames
            wiring.sagaRunners += more.sagaRunners
            if part.id != id {
                wiring.mistakes.append(.partWithOtherID(subscriber: id, part: part.id))
            }
        }
        return wiring
    }

    /// What the timed parts wait for, part by part. Within one part the nearest deadline comes
    /// first; across parts there is no order of time, but `last` always leads on to what was not
    /// told yet.
    public func awaited(
        overdueAt: Timestamp?, after last: AwaitedMessage?, limit: Int,
        in transaction: any Transaction
    ) throws -> [AwaitedMessage] {
        var parts = timedParts[...]
        // Behind `last` comes the rest of its own part, and then the later parts.
        if let last { parts = parts.drop { !awaits(last, $0) } }
        var awaited: [AwaitedMessage] = []
        for part in parts where awaited.count < limit {
            awaited += try part.awaited(
                overdueAt: overdueAt, after: last.flatMap { awaits($0, part) ? $0 : nil },
                limit: limit - awaited.count, in: transaction)
        }
        return awaited
    }

    public func expire(
        _ awaited: AwaitedMessage, in transaction: any Transaction
    ) throws -> String? {
        guard let part = timedParts.first(where: { awaits(awaited, $0) }) else {
            throw WireFormatError("\(id) awaits nothing on the channel \(awaited.channel)")
        }
        return try part.expire(awaited, in: transaction)
    }

    /// Whether an awaited message is this part's. A part that waits for replies accepts every type
    /// on its reply channel, and no other part accepts anything on it.
    private func awaits(_ awaited: AwaitedMessage, _ part: any TimedSubscriber) -> Bool {
        part.accepts(type: "", from: awaited.channel)
    }

    private var timedParts: [any TimedSubscriber] {
        parts.compactMap { $0 as? any TimedSubscriber }
    }

    // MARK: StashingSubscriber

    public func resume(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome? {
        try stashingPart(of: message)?.resume(message, in: transaction)
    }

    public func nextToResume(
        after message: Message, in transaction: any Transaction
    ) throws -> Message? {
        try stashingPart(of: message)?.nextToResume(after: message, in: transaction)
    }

    public func giveBack(_ message: MessageID, in transaction: any Transaction) throws {
        for part in stashingParts { try part.giveBack(message, in: transaction) }
    }

    public func givenBack(in transaction: any Transaction) throws -> [MessageID] {
        try stashingParts.flatMap { try $0.givenBack(in: transaction) }
    }

    public func drop(_ message: MessageID, in transaction: any Transaction) throws {
        for part in stashingParts { try part.drop(message, in: transaction) }
    }

    private func stashingPart(of message: Message) -> (any StashingSubscriber)? {
        parts.first { $0.accepts(message) } as? any StashingSubscriber
    }

    private var stashingParts: [any StashingSubscriber] {
        parts.compactMap { $0 as? any StashingSubscriber }
    }
}
