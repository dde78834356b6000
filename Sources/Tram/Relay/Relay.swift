/// Carries messages from outboxes to subscribers. This value says what is connected; a ``RelayRun``
/// drives it.
///
/// Its promise is delivery at least once, in order per subscriber and aggregate, whatever instant the
/// process dies at. With the inbox in each handler's transaction (``Service/receive(_:for:in:)``)
/// every effect happens exactly once.
public struct Relay {
    /// In the order in which outboxes are drained and a message's subscribers are served.
    public let services: [Service]
    /// How many messages share one transaction per subscribing service, at the most. It changes how
    /// often a disk must be waited for, and neither what is delivered nor in which order.
    public let chunk: Int

    public init(_ services: [Service], chunk: Int = 100) {
        precondition(chunk > 0, "a chunk holds at least one message")
        self.services = services
        self.chunk = chunk
    }

    /// Begins an invocation: a run remembers how far it has come and what it could not deliver, so
    /// that a failed delivery is tried once in it.
    public func run() -> RelayRun {
        RelayRun(self)
    }

    /// How many messages are pending in all outboxes.
    public func pendingCount() throws -> Int {
        try services.reduce(0) { count, service in
            try count + service.store.read { try Outbox($0).unpublishedCount() }
        }
    }

    /// Lets subscribers do what is to be done about messages that have not come in time.
    ///
    /// - Returns: what they did.
    func expire() throws -> [Expiry] {
        try services.flatMap { service in
            try service.subscribers.compactMap { $0 as? any TimedSubscriber }.flatMap {
                subscriber in
                // Looking first: nothing is locked where nothing is late.
                guard try service.store.read(subscriber.hasExpired) else { return [Expiry]() }
                return try service.store.write { transaction in
                    let outbox = Outbox(transaction)
                    let newest = try outbox.highestNumber()
                    let effects = try subscriber.expire(in: transaction)
                    return [
                        Expiry(
                            subscriber: subscriber.id, effects: effects,
                            published: try outbox.headings(after: newest))
                    ]
                }
            }
        }
    }

    /// How many messages are waited for up to a deadline.
    public func deadlineCount() throws -> Int {
        try services.reduce(0) { count, service in
            try service.subscribers.compactMap { $0 as? any TimedSubscriber }.reduce(count) {
                try $0 + service.store.read($1.deadlineCount)
            }
        }
    }

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all.
    public func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        func rehearse(_ remaining: ArraySlice<Service>) throws -> Result {
            guard let service = remaining.first else { return try body() }
            return try service.store.rehearse { try rehearse(remaining.dropFirst()) }
        }
        return try rehearse(services[...])
    }

    /// Every delivery that could be made next: for each subscriber and aggregate, the first message
    /// that it has not handled. For small backlogs: it reads all that is pending.
    public func possibleDeliveries() throws -> [PossibleDelivery] {
        var order = AggregateOrder()
        return try services.flatMap { source in
            try source.store.read {
                try Outbox($0).unpublished(after: 0, through: .max, limit: .max)
            }
            .flatMap { try possibleDeliveries(of: $0, from: source, order: &order) }
        }
    }

    /// The deliveries of one message that are outstanding and not held back.
    func possibleDeliveries(
        of message: Message, from source: Service, order: inout AggregateOrder
    ) throws -> [PossibleDelivery] {
        var possible: [PossibleDelivery] = []
        for service in services {
            for subscriber in service.subscribers where subscriber.accepts(message) {
                let isHandled = try service.store.read {
                    try Inbox($0).contains(message.id, for: subscriber.id)
                }
                if isHandled || order.holds(message, for: subscriber) { continue }
                order.holdBackSuccessors(of: message, for: subscriber)
                possible.append(
                    PossibleDelivery(
                        message: message, source: source, service: service, subscriber: subscriber))
            }
        }
        return possible
    }

    /// Makes one delivery, in transactions of its own, and marks the message as published if that was
    /// the last one it needed. A message that has been handled may be delivered again: the inbox
    /// knows it.
    public func deliver(_ possible: PossibleDelivery) throws -> Delivery {
        let message = possible.message
        let receipt = try possible.service.store.write {
            try possible.service.receive(message, for: possible.subscriber, in: $0)
        }
        if receipt.outcome == .failed {
            try possible.source.store.write {
                try Outbox($0).recordFailure(
                    of: message.id, subscriber: possible.subscriber.id, error: receipt.effects[0])
            }
        } else {
            try markPublishedIfDone(message, from: possible.source)
        }
        return Delivery(
            message: message.heading, source: possible.source.name,
            subscriber: possible.subscriber.id, receipt: receipt)
    }

    /// Marks the message as published if every subscriber has handled it.
    func markPublishedIfDone(_ message: Message, from source: Service) throws {
        for service in services {
            for subscriber in service.subscribers where subscriber.accepts(message) {
                let isHandled = try service.store.read {
                    try Inbox($0).contains(message.id, for: subscriber.id)
                }
                guard isHandled else { return }
            }
        }
        try source.store.write { try Outbox($0).markPublished([message.id]) }
    }

    /// Delivers a chunk of one source's messages: one transaction per subscribing service, then one
    /// of the source that marks what every subscriber has handled.
    ///
    /// - Returns: the deliveries by message, each message's in the order of its subscribers.
    func deliver(
        _ messages: [Message], from source: Service, order: inout AggregateOrder
    ) throws -> [Delivery] {
        var deliveries = [[Delivery]](repeating: [], count: messages.count)
        for service in services {
            let isWanted = messages.contains { message in
                service.subscribers.contains { $0.accepts(message) }
            }
            guard isWanted else { continue }
            try service.store.write { transaction in
                for (index, message) in messages.enumerated() {
                    for subscriber in service.subscribers where subscriber.accepts(message) {
                        let receipt =
                            order.holds(message, for: subscriber)
                            ? Receipt(outcome: .held)
                            : try service.receive(message, for: subscriber, in: transaction)
                        if receipt.outcome == .failed {
                            order.holdBackSuccessors(of: message, for: subscriber)
                        }
                        deliveries[index].append(
                            Delivery(
                                message: message.heading, source: source.name,
                                subscriber: subscriber.id, receipt: receipt))
                    }
                }
            }
        }
        try mark(messages, with: deliveries, in: source)
        return deliveries.flatMap { $0 }
    }

    private func mark(
        _ messages: [Message], with deliveries: [[Delivery]], in source: Service
    ) throws {
        try source.store.write { transaction in
            let outbox = Outbox(transaction)
            for (message, deliveries) in zip(messages, deliveries) {
                if deliveries.allSatisfy({ $0.receipt.outcome.isDone }) {
                    try outbox.markPublished([message.id])
                }
                for delivery in deliveries where delivery.receipt.outcome == .failed {
                    try outbox.recordFailure(
                        of: message.id, subscriber: delivery.subscriber,
                        error: delivery.receipt.effects[0])
                }
            }
        }
    }
}

/// A delivery that can be made now.
public struct PossibleDelivery {
    public let message: Message
    /// The service that sent the message.
    public let source: Service
    /// The service that receives it.
    public let service: Service
    public let subscriber: any Subscriber
}
