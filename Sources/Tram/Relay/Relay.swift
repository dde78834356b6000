/// Carries messages from outboxes to subscribers. This value says what is connected; a ``RelayRun``
/// drives it.
///
/// Its promise is delivery at least once, in order per subscriber and aggregate, whatever instant the
/// process dies at. With the inbox in each handler's transaction (``Service/receive(_:for:in:)``)
/// every effect happens exactly once.
public struct Relay {
    /// In the order in which outboxes are drained and a message's subscribers are served.
    public let services: [Service]
    /// Whether these are all services of the system: then an event that none of them subscribes to is
    /// heard by nobody.
    public let isWholeSystem: Bool
    /// How many messages share one transaction per subscribing service, at the most. It changes how
    /// often a disk must be waited for, and neither what is delivered nor in which order.
    public let chunk: Int

    /// Connects all services of a system.
    ///
    /// - Throws: ``WiringError`` when messages would be lost or handled twice.
    public init(wholeSystem services: [Service], chunk: Int = 100) throws {
        try self.init(services, isWholeSystem: true, chunk: chunk)
    }

    /// Connects some of a system's services. An event to which none of them subscribes stays pending:
    /// another service may.
    ///
    /// - Throws: ``WiringError`` when messages would be lost or handled twice.
    public init(partOfSystem services: [Service], chunk: Int = 100) throws {
        try self.init(services, isWholeSystem: false, chunk: chunk)
    }

    private init(_ services: [Service], isWholeSystem: Bool, chunk: Int) throws {
        precondition(chunk > 0, "a chunk holds at least one message")
        let names = services.map(\.name)
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw WiringError.serviceTwice(name)
        }
        try Wiring.check(
            services.flatMap { service in service.subscribers.map { (service.name, $0) } })
        if isWholeSystem { try Wiring.checkIsComplete(services.flatMap(\.subscribers)) }
        self.services = services
        self.isWholeSystem = isWholeSystem
        self.chunk = chunk
    }

    /// Begins an invocation: a run remembers how far it has come and what it could not deliver, so
    /// that a failed delivery is tried once in it.
    ///
    /// - Parameter availability: notes which services are away.
    public func run(_ availability: Availability = Availability()) -> RelayRun {
        RelayRun(self, availability)
    }

    /// How many messages are pending in the outboxes that can be read.
    public func pendingCount(_ availability: Availability = Availability()) throws -> Int {
        try services.reduce(0) { count, service in
            try count
                + (availability.attempt(service.store) {
                    try $0.read { try Outbox($0).unpublishedCount() }
                } ?? 0)
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
        except failed: Set<AwaitedMessage>, advance: Int, _ availability: Availability,
        report: (AwaitedMessage, Expiry) throws -> Void
    ) throws {
        for (service, subscriber) in timedSubscribers {
            let overdue = try availability.attempt(service.store) {
                try $0.read {
                    try subscriber.awaited(
                        overdueAt: Timestamp(milliseconds: $0.now.milliseconds + Int64(advance)),
                        limit: advance > 0 ? .max : chunk + failed.count, in: $0)
                }
            }
            for awaited in overdue ?? [] {
                // Where an outbox cannot be read, the message may be in it.
                guard !failed.contains(awaited), try isPending(awaited, availability) == false
                else {
                    continue
                }
                let expiry = try availability.attempt(service.store) { _ in
                    try expire(awaited, of: subscriber, in: service)
                }
                if let expiry { try report(awaited, expiry) }
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

    /// - Returns: nil when that is not known, because an outbox cannot be read.
    private func isPending(
        _ awaited: AwaitedMessage, _ availability: Availability
    ) throws -> Bool? {
        var isKnown = true
        for service in services {
            let messages = try availability.attempt(service.store) {
                try $0.read {
                    try Outbox($0).unpublished(
                        destination: awaited.channel, partitionID: awaited.partitionID)
                }
            }
            if messages?.isEmpty == false { return true }
            if messages == nil { isKnown = false }
        }
        return isKnown ? false : nil
    }

    private var timedSubscribers: [(service: Service, subscriber: any TimedSubscriber)] {
        services.flatMap { service in
            service.subscribers.compactMap { subscriber in
                (subscriber as? any TimedSubscriber).map { (service, $0) }
            }
        }
    }

    /// What subscribers wait for up to a deadline, in words: at most `limit` for each of them.
    public func deadlines(
        limit: Int, _ availability: Availability = Availability()
    ) throws -> [String] {
        try timedSubscribers.flatMap { service, subscriber in
            try availability.attempt(service.store) {
                try $0.read { try subscriber.awaited(overdueAt: nil, limit: limit, in: $0) }
            }?.map(\.description) ?? []
        }
    }

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all.
    ///
    /// - Parameter availability: the services that are away are left out.
    public func rehearse<Result>(
        _ availability: Availability = Availability(), _ body: () throws -> Result
    ) throws -> Result {
        for service in services {
            // Whoever is away is so before the body begins.
            _ = try availability.attempt(service.store) { try $0.read { _ in } }
        }
        let services = services.filter { availability.includes($0.name) }
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
        of message: Message, from source: Service, order: inout AggregateOrder,
        _ availability: Availability = Availability()
    ) throws -> [PossibleDelivery] {
        var possible: [PossibleDelivery] = []
        for service in services {
            for subscriber in service.subscribers where subscriber.accepts(message) {
                let isHandled = try availability.attempt(service.store) {
                    try $0.read { try Inbox($0).contains(message.id, for: subscriber.id) }
                }
                guard let isHandled else { continue }
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
    ///
    /// - Returns: nil when the receiving service, or the source, is away.
    public func deliver(
        _ possible: PossibleDelivery, _ availability: Availability = Availability()
    ) throws -> Delivery? {
        var order = AggregateOrder()
        let state = try availability.attempt(possible.source.store) {
            try $0.read(SourceState.init)
        }
        guard let state else { return nil }
        var chunk = ChunkDelivery(
            relay: self, source: possible.source, state: state, messages: [possible.message],
            only: possible.subscriber, availability: availability)
        try chunk.deliver(&order)
        return chunk.deliveries[0].first
    }

    /// Marks the message as published if every subscriber has handled it.
    func markPublishedIfDone(_ message: Message, from source: Service) throws {
        guard hasReceiver(message), try isHandledByAll(message, Availability()) else { return }
        try source.store.write { try Outbox($0).markPublished([message.id]) }
    }

    /// Whether a subscriber of the relay's services accepts the message.
    func hasReceiver(_ message: Message) -> Bool {
        services.contains { $0.subscribers.contains { $0.accepts(message) } }
    }

    /// Whether every subscriber has handled the message, as far as that is known of all of them.
    func isHandledByAll(_ message: Message, _ availability: Availability) throws -> Bool {
        try services.allSatisfy { service in
            try service.subscribers.filter { $0.accepts(message) }.allSatisfy { subscriber in
                try availability.attempt(service.store) {
                    try $0.read { try Inbox($0).contains(message.id, for: subscriber.id) }
                } ?? false
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
