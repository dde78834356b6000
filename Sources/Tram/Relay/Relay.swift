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
        precondition(
            Set(services.map(\.name)).count == services.count, "two services have one name")
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

    /// Lets subscribers do what is to be done about messages that have not come in time: each in a
    /// transaction of its own. One that is pending in an outbox has come, and is only to be delivered.
    ///
    /// - Parameters:
    ///   - failed: what was tried in vain before, and is passed over.
    ///   - advance: deadlines that pass within so many milliseconds count as passed too. All of them
    ///     are met in one call: the deadlines that come of them count from now.
    func expire(
        except failed: Set<AwaitedMessage>, advance: Int,
        report: (AwaitedMessage, Expiry) throws -> Void
    ) throws {
        for (service, subscriber) in timedSubscribers {
            let overdue = try service.store.read {
                try subscriber.awaited(
                    overdueAt: Timestamp(milliseconds: $0.now.milliseconds + Int64(advance)),
                    limit: advance > 0 ? .max : chunk + failed.count, in: $0)
            }
            for awaited in overdue where try !failed.contains(awaited) && !isPending(awaited) {
                try report(awaited, expire(awaited, of: subscriber, in: service))
            }
        }
    }

    private func expire(
        _ awaited: AwaitedMessage, of subscriber: any TimedSubscriber, in service: Service
    ) throws -> Expiry {
        do {
            return try service.store.write { transaction in
                let outbox = Outbox(transaction)
                let newest = try outbox.highestNumber()
                let effect = try subscriber.expire(awaited, in: transaction)
                return Expiry(
                    subscriber: subscriber.id, effect: effect, isFailed: false,
                    published: try outbox.headings(after: newest))
            }
        } catch let error as StoreError where error.isFailureOfStore {
            throw error
        } catch {
            return Expiry(
                subscriber: subscriber.id, effect: "\(awaited.description): \(error)",
                isFailed: true, published: [])
        }
    }

    private func isPending(_ awaited: AwaitedMessage) throws -> Bool {
        try services.contains { service in
            try service.store.read {
                try !Outbox($0).unpublished(
                    destination: awaited.channel, partitionID: awaited.partitionID
                ).isEmpty
            }
        }
    }

    private var timedSubscribers: [(service: Service, subscriber: any TimedSubscriber)] {
        services.flatMap { service in
            service.subscribers.compactMap { subscriber in
                (subscriber as? any TimedSubscriber).map { (service, $0) }
            }
        }
    }

    /// What subscribers wait for up to a deadline, in words: at most `limit` for each of them.
    public func deadlines(limit: Int) throws -> [String] {
        try timedSubscribers.flatMap { service, subscriber in
            try service.store.read {
                try subscriber.awaited(overdueAt: nil, limit: limit, in: $0)
            }.map(\.description)
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
        var order = AggregateOrder()
        var delivered: [Delivery] = []
        try deliver(
            [possible.message], from: possible.source, only: possible.subscriber, order: &order,
            report: { delivered.append($0) })
        guard let delivery = delivered.first else {
            preconditionFailure("\(possible.subscriber.id) does not accept \(possible.message.id)")
        }
        return delivery
    }

    /// Delivers a chunk of one source's messages: one transaction per subscribing service, then one
    /// of the source that marks what every subscriber has handled. A chunk of one is the plain case.
    ///
    /// - Parameters:
    ///   - only: the one subscriber to deliver to, or all when nil.
    ///   - report: told of the deliveries that are committed, by message, each message's in the order
    ///     of its subscribers; also of those that were made before an error.
    func deliver(
        _ messages: [Message], from source: Service, only: (any Subscriber)? = nil,
        order: inout AggregateOrder, report: (Delivery) throws -> Void
    ) throws {
        var deliveries = [[Delivery]](repeating: [], count: messages.count)
        do {
            for service in services {
                try deliver(messages, from: source, to: service, only, &order, &deliveries)
            }
            try mark(messages, with: deliveries, isPartial: only != nil, in: source)
        } catch {
            for delivery in deliveries.joined() { try report(delivery) }
            throw error
        }
        for delivery in deliveries.joined() { try report(delivery) }
    }

    private func deliver(
        _ messages: [Message], from source: Service, to service: Service,
        _ only: (any Subscriber)?, _ order: inout AggregateOrder, _ deliveries: inout [[Delivery]]
    ) throws {
        let subscribers = service.subscribers
        func isFor(_ message: Message, _ index: Int) -> Bool {
            subscribers[index].accepts(message)
                && only.map { $0.id == subscribers[index].id } ?? true
        }
        let isWanted = messages.contains { message in
            subscribers.indices.contains { isFor(message, $0) }
        }
        guard isWanted else { return }
        // What the transaction does counts when it is committed.
        var orderAfter = order
        var deliveriesAfter = deliveries
        try service.store.write { transaction in
            for (index, message) in messages.enumerated() {
                for subscriber in subscribers.indices where isFor(message, subscriber) {
                    let subscriber = subscribers[subscriber]
                    let receipt =
                        orderAfter.holds(message, for: subscriber)
                        ? Receipt(outcome: .held)
                        : try service.receive(message, for: subscriber, in: transaction)
                    if receipt.outcome == .failed {
                        orderAfter.holdBackSuccessors(of: message, for: subscriber)
                    }
                    deliveriesAfter[index].append(
                        Delivery(
                            message: message.heading, source: source.name,
                            subscriber: subscriber.id, receipt: receipt,
                            age: message.sent.map {
                                transaction.now.milliseconds &- $0.milliseconds
                            }))
                }
            }
        }
        order = orderAfter
        deliveries = deliveriesAfter
    }

    /// - Parameter isPartial: whether not all subscribers were delivered to, so that the inboxes must
    ///   tell of the others.
    private func mark(
        _ messages: [Message], with deliveries: [[Delivery]], isPartial: Bool, in source: Service
    ) throws {
        var done: [MessageID] = []
        for (message, deliveries) in zip(messages, deliveries)
        where deliveries.allSatisfy(\.receipt.outcome.isDone) {
            if try !isPartial || isHandledByAll(message) { done.append(message.id) }
        }
        try source.store.write { transaction in
            let outbox = Outbox(transaction)
            try outbox.markPublished(done)
            for delivery in deliveries.joined() where delivery.receipt.outcome == .failed {
                try outbox.recordFailure(
                    of: delivery.message.id, subscriber: delivery.subscriber,
                    error: delivery.receipt.effects[0])
            }
        }
    }

    /// Marks the message as published if every subscriber has handled it.
    func markPublishedIfDone(_ message: Message, from source: Service) throws {
        guard try isHandledByAll(message) else { return }
        try source.store.write { try Outbox($0).markPublished([message.id]) }
    }

    private func isHandledByAll(_ message: Message) throws -> Bool {
        try services.allSatisfy { service in
            try service.subscribers.filter { $0.accepts(message) }.allSatisfy { subscriber in
                try service.store.read { try Inbox($0).contains(message.id, for: subscriber.id) }
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
