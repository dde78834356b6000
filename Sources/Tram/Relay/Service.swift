/// A service as messaging sees it: a store, and the subscribers that work on it.
public struct Service {
    public let store: any Store
    /// In the order in which they receive a message.
    public let subscribers: [any Subscriber]

    /// - Throws: ``WiringError`` when the subscribers get in one another's way, or one of them cannot
    ///   work as it is.
    public init(store: any Store, subscribers: [any Subscriber]) throws {
        try Wiring.check(subscribers.map { (store.name, $0) })
        self.store = store
        self.subscribers = subscribers
    }

    /// The name of the service, which is its store's.
    public var name: String { store.name }

    /// Receives a message: this is the inbox. The row that remembers the message, the handler's own
    /// writes and the messages that it sends are one: all of them are made, or none.
    ///
    /// - Returns: what came of it; an error of the handler is such an outcome.
    /// - Throws: a ``StoreError`` when the store itself failed: then nothing is certain but that the
    ///   transaction must end.
    public func receive(
        _ message: Message, for subscriber: any Subscriber, in transaction: any Transaction
    ) throws -> Receipt {
        do {
            return try transaction.savepoint {
                // The digest of a message that was changed afterwards says nothing.
                let digest = message.defect == nil ? message.digest : nil
                guard
                    try Inbox(transaction).record(
                        message.id, digest: digest, sent: message.sent, for: subscriber.id)
                else { return Receipt(outcome: .duplicate) }
                if let defect = message.defect { throw WireFormatError(defect) }
                let outbox = Outbox(transaction)
                let newest = try outbox.highestNumber()
                let outcome = try subscriber.handle(message, in: transaction)
                return Receipt(outcome, published: try outbox.headings(after: newest))
            }
        } catch let error as StoreError where error.isFailureOfStore {
            throw error
        } catch {
            return Receipt(outcome: .failed, effects: ["\(error)"])
        }
    }
}

/// What came of a message at a subscriber.
public struct Receipt: Hashable, Sendable {
    public let outcome: DeliveryOutcome
    /// What was done, or why nothing was.
    public let effects: [String]
    /// The messages that the handler sent.
    public let published: [MessageHeading]

    init(outcome: DeliveryOutcome, effects: [String] = [], published: [MessageHeading] = []) {
        self.outcome = outcome
        self.effects = effects
        self.published = published
    }

    init(_ handler: HandlerOutcome, published: [MessageHeading]) {
        switch handler {
        case .handled(let effects):
            self.init(outcome: .handled, effects: effects, published: published)
        case .ignored(let reason):
            self.init(outcome: .ignored, effects: [reason], published: published)
        case .refused(let effects):
            self.init(outcome: .refused, effects: effects, published: published)
        case .stashed(let reason):
            self.init(outcome: .stashed, effects: [reason], published: published)
        }
    }
}
