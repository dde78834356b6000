/// A service as messaging sees it: a store, and the subscribers that work on it.
///
/// ```swift
/// let customers = try Service(
///     store: customerStore,
///     subscribers: [CustomerCommandHandler.handlers, audit])
/// ```
///
/// A service without subscribers only sends. All subscribers of a service share its store, and so
/// its transactions: a relay delivers the messages of a ``Relay/chunk`` to all of them in one.
public struct Service {
    /// The store that the service works on, for the outbox and the inboxes of its subscribers.
    public let store: any Store
    /// The subscribers, in the order in which they receive a message.
    public let subscribers: [any Subscriber]
    /// Those that can stash messages, by id. Looked up once: a dynamic cast takes longer than many
    /// a handler.
    let stashing: [String: any StashingSubscriber]

    /// Connects subscribers to a store. The store is not touched.
    ///
    /// - Throws: ``WiringError`` when two subscribers would handle the same messages, or one of
    ///   them cannot work as it is.
    public init(store: any Store, subscribers: [any Subscriber]) throws {
        try Wiring.check(subscribers.map { (store.name, $0) })
        self.store = store
        self.subscribers = subscribers
        stashing = subscribers.reduce(into: [:]) { stashing, subscriber in
            stashing[subscriber.id] = subscriber as? any StashingSubscriber
        }
    }

    /// The name of the service, which is its store's, and the first half of its messages' ids.
    public var name: String { store.name }

    /// Receives a message: this is the inbox, the pattern "Idempotent consumer" (Chris Richardson,
    /// *Microservices Patterns*, section 3.3.6).
    ///
    /// The row that remembers the message, the handler's own writes and the messages that it sends
    /// belong to the caller's transaction: all of them are kept, or none. A message that the
    /// subscriber has handled before is a ``DeliveryOutcome/duplicate``, and nothing runs; one that
    /// it has stashed goes on if it can. A relay calls this for every delivery; a program that gets
    /// messages from elsewhere, such as a broker, can call it as well:
    ///
    /// ```swift
    /// let receipt = try service.store.write { transaction in
    ///     try service.receive(message, for: subscriber, in: transaction)
    /// }
    /// ```
    ///
    /// The handler runs inside a savepoint. An error of it undoes what it wrote, and nothing else
    /// in the transaction; the message then does not count as handled. Whether it is tried again,
    /// and when it is parked, is for the caller to decide.
    ///
    /// - Parameters:
    ///   - message: the message. One that is broken, because its headers do not say what they must,
    ///     is a failure.
    ///   - subscriber: one of the service's subscribers, which accepts the message.
    ///   - transaction: a transaction on the service's store that can write.
    /// - Returns: what came of it. Any error of the handler is such an outcome,
    ///   ``DeliveryOutcome/failed``.
    /// - Throws: what went wrong with the transaction's own store, and
    ///   ``StoreError/rolledBack(service:detail:)`` when the inbox knows the message's id with
    ///   other content. The transaction must then end without a commit.
    public func receive(
        _ message: Message, for subscriber: any Subscriber, in transaction: any Transaction
    ) throws -> Receipt {
        let delivery = DeliveryInHand(message: message.id, subscriber: subscriber.id)
        if transaction.isMaking(delivery) { return Receipt(outcome: .duplicate) }
        return try receipt(in: transaction) {
            // A broken message was changed after it was sent: its digest is that of other content.
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

    /// Goes on with one stashed message, as a delivery of its own inside the transaction.
    ///
    /// A message whose handler fails is given back, so that its outbox delivers it again and counts
    /// the failure; it cannot be in the way of the others.
    ///
    /// - Parameters:
    ///   - cause: the message that was handled now, and may have freed a lock.
    ///   - subscriber: the subscriber that has stashed messages.
    ///   - journal: told of the delivery while the handler runs.
    /// - Returns: the message and what came of it; nil when there is no message to go on with.
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

    /// Lets the subscriber go on with a stashed message, and revises what the inbox says came of
    /// it.
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

    /// Runs `body` in a savepoint, so that an error of a handler undoes what the handler wrote and
    /// becomes an outcome.
    ///
    /// A handler may catch a store's error and throw one of its own. The transaction remembers what
    /// went wrong with its store, so such an error is not mistaken for the handler's.
    private func receipt(
        in transaction: any Transaction, _ body: () throws -> Receipt
    ) throws -> Receipt {
        do {
            return try transaction.savepoint(body)
        } catch let error as HandlerFailure {
            // The handler may have caught an error of the store and thrown one of its own.
            if let failure = transaction.failure { throw failure }
            return Receipt(outcome: .failed, effects: ["\(error.cause)"])
        }
    }

    /// Runs a handler in a transaction that is over when the handler returns. What the handler
    /// sends is noted for the receipt, and has the message as its cause.
    ///
    /// A handler that keeps the transaction and uses it later gets
    /// ``StoreError/transactionOver(service:)``, and cannot write into the next delivery.
    ///
    /// - Parameter record: writes the outcome into the inbox, after the handler and in the same
    ///   savepoint.
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

/// An error that a handler has thrown. Its type keeps it apart from the errors of the library and
/// the store around it.
struct HandlerFailure: Error {
    let cause: any Error
}

/// What came of a message at a subscriber: see ``Service/receive(_:for:in:)``.
public struct Receipt: Hashable, Sendable {
    /// What came of the delivery.
    public internal(set) var outcome: DeliveryOutcome
    /// What was done, or why nothing was, as the handler said it: a sentence for each effect. Of a
    /// delivery that failed, the error.
    public internal(set) var effects: [String]
    /// The messages that the handler sent, in the order of their numbers. None when it failed.
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
