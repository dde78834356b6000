/// A service as messaging sees it: a store, and the subscribers that work on it.
public struct Service {
    /// The store that the service works on.
    public let store: any Store
    /// In the order in which they receive a message.
    public let subscribers: [any Subscriber]
    /// Those that can set messages aside, by id: looked up once, since that takes longer than many a
    /// handler.
    let stashing: [String: any StashingSubscriber]

    /// - Throws: ``WiringError`` when the subscribers get in one another's way, or one of them cannot
    ///   work as it is.
    public init(store: any Store, subscribers: [any Subscriber]) throws {
        try Wiring.check(subscribers.map { (store.name, $0) })
        self.store = store
        self.subscribers = subscribers
        stashing = subscribers.reduce(into: [:]) { stashing, subscriber in
            stashing[subscriber.id] = subscriber as? any StashingSubscriber
        }
    }

    /// The name of the service, which is its store's.
    public var name: String { store.name }

    /// Receives a message: this is the inbox. The row that remembers the message, the handler's own
    /// writes and the messages that it sends are one: all of them are made, or none.
    ///
    /// - Returns: what came of it; an error of the handler is such an outcome, whatever error it is.
    /// - Throws: what went wrong with the transaction's own store: then nothing is certain but that the
    ///   transaction must end.
    public func receive(
        _ message: Message, for subscriber: any Subscriber, in transaction: any Transaction
    ) throws -> Receipt {
        let delivery = DeliveryInHand(message: message.id, subscriber: subscriber.id)
        if transaction.isMaking(delivery) { return Receipt(outcome: .duplicate) }
        return try receipt(in: transaction) {
            // The digest of a message that was changed afterwards says nothing.
            let digest = message.defect == nil ? message.digest : nil
            let inbox = Inbox(transaction)
            let isNew = try inbox.isNew(
                message.id, digest: digest, sent: message.sent, for: subscriber.id)
            if !isNew {
                guard let stashing = stashing[subscriber.id] else {
                    return Receipt(outcome: .duplicate)
                }
                return try resume(message, at: stashing, in: transaction)
            }
            return try handling(message, delivery, in: transaction) { part in
                if let defect = message.defect { throw WireFormatError(defect) }
                return try subscriber.handle(message, in: part)
            } record: {
                try inbox.insert(message.id, digest: digest, for: subscriber.id, $0)
            }
        }
    }

    /// Goes on with one message that a subscriber has set aside, as a delivery of its own.
    ///
    /// - Parameter cause: the message that was handled now.
    /// - Returns: nil when there is no message to go on with.
    func resumeNext(
        after cause: Message, at subscriber: any StashingSubscriber,
        _ journal: (any DeliveryJournal)?, in transaction: any Transaction
    ) throws -> (message: Message, receipt: Receipt)? {
        let next = try transaction.scoped { try subscriber.nextToResume(after: cause, in: $0) }
        guard let next else { return nil }
        journal?.begin(next.id, for: subscriber.id)
        defer { journal?.end() }
        let receipt = try receipt(in: transaction) {
            try resume(next, at: subscriber, in: transaction)
        }
        if receipt.outcome == .failed { try subscriber.giveBack(next.id, in: transaction) }
        return (next, receipt)
    }

    private func resume(
        _ message: Message, at subscriber: any StashingSubscriber,
        in transaction: any Transaction
    ) throws -> Receipt {
        let delivery = DeliveryInHand(message: message.id, subscriber: subscriber.id)
        return try handling(message, delivery, in: transaction) {
            try subscriber.resume(message, in: $0)
        } record: {
            try Inbox(transaction).revise(message.id, for: subscriber.id, $0)
        }
    }

    /// Runs `body` so that an error of a handler undoes what it wrote, and nothing else.
    private func receipt(
        in transaction: any Transaction, _ body: () throws -> Receipt
    ) throws -> Receipt {
        do {
            return try transaction.savepoint(body)
        } catch let error as HandlerFailure {
            // A handler may have hidden, in an error of its own, that the store has failed.
            if let failure = transaction.failure { throw failure }
            return Receipt(outcome: .failed, effects: ["\(error.cause)"])
        }
    }

    /// Runs a handler, in a transaction that is over when it returns: its errors are its own, and what it
    /// sends is noted, and caused by the message.
    ///
    /// - Parameter record: keeps what it said.
    private func handling(
        _ message: Message, _ delivery: DeliveryInHand, in transaction: any Transaction,
        _ handler: (any Transaction) throws -> HandlerOutcome?,
        record: (HandlerOutcome) throws -> Void
    ) throws -> Receipt {
        let outbox = Outbox(transaction)
        let newest = try outbox.highestNumber()
        let outcome: HandlerOutcome?
        do {
            outcome = try transaction.scoped(
                cause: MessageCause(message), making: delivery, handler)
        } catch {
            throw HandlerFailure(cause: error)
        }
        guard let outcome else { return Receipt(outcome: .duplicate) }
        try record(outcome)
        return Receipt(outcome, published: try outbox.headings(after: newest))
    }
}

/// An error that a handler has thrown, or that must be taken for one.
struct HandlerFailure: Error {
    let cause: any Error
}

/// What came of a message at a subscriber.
public struct Receipt: Hashable, Sendable {
    /// What came of the delivery.
    public internal(set) var outcome: DeliveryOutcome
    /// What was done, or why nothing was.
    public internal(set) var effects: [String]
    /// The messages that the handler sent.
    public let published: [MessageHeading]

    init(outcome: DeliveryOutcome, effects: [String] = [], published: [MessageHeading] = []) {
        self.outcome = outcome
        self.effects = effects
        self.published = published
    }

    init(_ handler: HandlerOutcome, published: [MessageHeading]) {
        self.init(outcome: handler.kind, effects: handler.words, published: published)
    }
}
