/// What a subscriber's store remembers of the store that its messages come from, read with them.
struct SourceState {
    let incarnation: String
    let counters: [String: Int]

    init(_ transaction: any Transaction) throws {
        try self.init(
            transaction, incarnation: Identities(transaction).own().incarnation)
    }

    /// - Parameter incarnation: what the store's identity is known to say.
    init(_ transaction: any Transaction, incarnation: String) throws {
        self.incarnation = incarnation
        counters = try transaction.counters()
    }
}

/// The delivery of a chunk of one source's messages: one transaction for each subscribing service, then
/// one of the source that marks what every subscriber has handled. A chunk of one is the plain case.
struct ChunkDelivery {
    let relay: Relay
    let source: Service
    let state: SourceState
    let messages: [Message]
    /// The one subscriber to deliver to, or nil for all.
    let only: (any Subscriber)?
    private let availability: Availability
    /// Whether an event that no subscriber of these services accepts is heard by nobody.
    private let knowsAllSubscribers: Bool
    /// The incarnations of the services' stores, as far as they are known.
    private let incarnations: [String: String]

    /// What was committed, by message: each message's deliveries in the order of its subscribers.
    private(set) var deliveries: [[Delivery]]
    /// By message: whether somebody has not received it because it was not tried.
    private var isOutstanding: [Bool]
    /// By service: how far it has now handled what the source has sent.
    private var positions: [SubscriberPosition] = []

    init(
        relay: Relay, source: Service, state: SourceState, messages: [Message],
        only: (any Subscriber)? = nil, availability: Availability = Availability(),
        knowsAllSubscribers: Bool = false, incarnations: [String: String] = [:]
    ) {
        self.relay = relay
        self.source = source
        self.state = state
        self.messages = messages
        self.only = only
        self.availability = availability
        self.knowsAllSubscribers = knowsAllSubscribers
        self.incarnations = incarnations
        deliveries = [[Delivery]](repeating: [], count: messages.count)
        isOutstanding = [Bool](repeating: only != nil, count: messages.count)
    }

    /// Delivers. When this throws, what ``deliveries`` holds is committed all the same.
    mutating func deliver(_ order: inout AggregateOrder) throws {
        for service in relay.services { try deliver(to: service, &order) }
        if only == nil {
            for index in messages.indices where !relay.hasReceiver(messages[index]) {
                settle(index, &order)
            }
        }
        try mark()
    }

    // MARK: Subscribers

    private mutating func deliver(to service: Service, _ order: inout AggregateOrder) throws {
        let wanted = messages.indices.filter { index in
            service.subscribers.contains { isFor(messages[index], $0) }
        }
        if wanted.isEmpty { return }
        // What the transaction does counts when it is committed.
        var after = self
        var orderAfter = order
        let isDone: Void? = try availability.attempt(service.store) { store in
            try store.write { transaction in
                for index in wanted {
                    for subscriber in service.subscribers where isFor(messages[index], subscriber) {
                        try after.deliver(
                            index, to: subscriber, of: service, &orderAfter, transaction)
                    }
                }
                try after.notePosition(of: service, among: wanted, transaction)
            }
        }
        guard isDone != nil else {
            for index in wanted { isOutstanding[index] = true }
            return
        }
        self = after
        order = orderAfter
    }

    private func isFor(_ message: Message, _ subscriber: any Subscriber) -> Bool {
        subscriber.accepts(message) && only.map { $0.id == subscriber.id } ?? true
    }

    private mutating func deliver(
        _ index: Int, to subscriber: any Subscriber, of service: Service,
        _ order: inout AggregateOrder, _ transaction: any Transaction
    ) throws {
        let message = messages[index]
        let receipt =
            order.holds(message, for: subscriber)
            ? Receipt(outcome: .held)
            : try service.receive(message, for: subscriber, in: transaction)
        if receipt.outcome == .failed {
            order.holdBackSuccessors(of: message, for: subscriber)
        }
        let age = message.sent.flatMap { sent in
            let (age, isTooLong) = transaction.now.milliseconds.subtractingReportingOverflow(
                sent.milliseconds)
            return isTooLong ? nil : age
        }
        deliveries[index].append(
            Delivery(
                message: message.heading, source: source.name, subscriber: subscriber.id,
                receipt: receipt, age: age))
    }

    /// Lets the subscriber's store, and later the source, remember how far it has come.
    private mutating func notePosition(
        of service: Service, among wanted: [Int], _ transaction: any Transaction
    ) throws {
        if service.name == source.name { return }
        let subscribers = Set(service.subscribers.map(\.id))
        let last = wanted.last { index in
            deliveries[index].contains {
                $0.receipt.outcome.isDone && $0.subscriber.map(subscribers.contains) ?? false
            }
        }
        guard let last else { return }
        let message = messages[last]
        try Positions(transaction).note(
            SourcePosition(
                source: source.name, incarnation: state.incarnation, through: message.id.number,
                digest: message.digest, counters: state.counters))
        let incarnation =
            try incarnations[service.name] ?? Identities(transaction).own().incarnation
        positions.append(
            SubscriberPosition(
                service: service.name, incarnation: incarnation, through: message.id.number))
    }

    // MARK: Messages without a receiver

    /// Decides what becomes of a message that no subscriber accepts.
    private mutating func settle(_ index: Int, _ order: inout AggregateOrder) {
        let message = messages[index]
        let receipt: Receipt
        if order.holds(message, for: nil) {
            receipt = Receipt(outcome: .held)
        } else if let defect = message.defect {
            receipt = Receipt(outcome: .failed, effects: [defect])
        } else if !message.isEvent {
            receipt = Receipt(
                outcome: .failed,
                effects: ["nobody receives \(message.type) on channel \(message.destination)"])
        } else if knowsAllSubscribers {
            receipt = Receipt(outcome: .unheard, effects: ["nobody subscribes to it"])
        } else {
            isOutstanding[index] = true
            return
        }
        if receipt.outcome == .failed { order.holdBackSuccessors(of: message, for: nil) }
        deliveries[index].append(
            Delivery(
                message: message.heading, source: source.name, subscriber: nil, receipt: receipt,
                age: nil))
    }

    // MARK: The source

    private func mark() throws {
        var done: [MessageID] = []
        for (index, message) in messages.enumerated()
        where deliveries[index].allSatisfy(\.receipt.outcome.isDone) {
            // The inboxes tell of those to whom nothing was delivered now.
            if try only == nil ? !isOutstanding[index] : relay.isHandledByAll(message, availability)
            {
                done.append(message.id)
            }
        }
        _ = try availability.attempt(source.store) { store in
            try store.write { transaction in
                let outbox = Outbox(transaction)
                try outbox.markPublished(done)
                for delivery in deliveries.joined() where delivery.receipt.outcome == .failed {
                    try outbox.recordFailure(
                        of: delivery.message.id, subscriber: delivery.subscriber ?? "",
                        error: delivery.receipt.effects[0])
                }
                // What is still pending is delivered again to an inbox that has gone back.
                if done.isEmpty { return }
                for position in positions { try Positions(transaction).note(position) }
            }
        }
    }
}
