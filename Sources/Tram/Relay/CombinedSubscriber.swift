/// Several kinds of handlers that are one subscriber: they share an id, and so an entry in the inbox
/// for each message. For example the handlers of events and those of commands:
///
/// ```swift
/// CombinedSubscriber("customer", [CustomerEventConsumer.handlers, CustomerCommandHandler.handlers])
/// ```
///
/// Each message goes to the first part that accepts it. All parts have the subscriber's id.
public struct CombinedSubscriber: TimedSubscriber {
    public let id: String
    private let parts: [any Subscriber]

    public init(_ id: String, _ parts: [any Subscriber]) {
        self.id = id
        self.parts = parts
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
            if part.id != id {
                wiring.mistakes.append(.partWithOtherID(subscriber: id, part: part.id))
            }
        }
        return wiring
    }

    public func awaited(
        overdueAt: Timestamp?, limit: Int, in transaction: any Transaction
    ) throws -> [AwaitedMessage] {
        try timedParts.flatMap {
            try $0.awaited(overdueAt: overdueAt, limit: limit, in: transaction)
        }
    }

    public func expire(
        _ awaited: AwaitedMessage, in transaction: any Transaction
    ) throws -> String {
        // Who waits for a message accepts whatever comes on its channel.
        let part = timedParts.first { $0.accepts(type: "", from: awaited.channel) }
        guard let part else {
            throw WireFormatError("\(id) awaits nothing on the channel \(awaited.channel)")
        }
        return try part.expire(awaited, in: transaction)
    }

    private var timedParts: [any TimedSubscriber] {
        parts.compactMap { $0 as? any TimedSubscriber }
    }
}
