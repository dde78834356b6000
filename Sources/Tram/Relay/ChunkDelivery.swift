/// The delivery of a chunk of one source's messages: one transaction for each subscribing service, then
/// one of the source that marks what every subscriber has handled. A chunk of one is the plain case.
struct ChunkDelivery {
    let relay: Relay
    let chunk: Chunk
    /// By message: the ids of the subscribers to deliver to; nil for all.
    let selection: [Set<String>]?
    let context: DeliveryContext

    /// A delivery that was made, or tried.
    struct Made {
        var delivery: Delivery
        let message: Message
        let subscriber: (any Subscriber)?
        /// Whether the message was set aside by the subscriber before, and another one has let it go on.
        let isResumed: Bool
    }

    /// What was committed, by message: each message's deliveries in the order of its subscribers.
    var made: [[Made]]
    /// By message: whether somebody has not received it because it was not tried.
    var isOutstanding: [Bool]
    /// Whether messages that were set aside are resumed in transactions of their own.
    private var resumesApart = false
    /// By service: how far it has now handled what the source has sent.
    var positions: [SubscriberPosition] = []

    var messages: [Message] { chunk.messages }
    var source: Service { chunk.source }

    init(
        _ relay: Relay, _ chunk: Chunk, only selection: [Set<String>]? = nil,
        _ context: DeliveryContext
    ) {
        self.relay = relay
        self.chunk = chunk
        self.selection = selection
        self.context = context
        made = [[Made]](repeating: [], count: chunk.messages.count)
        isOutstanding = [Bool](repeating: selection != nil, count: chunk.messages.count)
    }

    /// The deliveries that are committed, in the order of messages and subscribers.
    var deliveries: [Delivery] { made.joined().map(\.delivery) }

    /// Delivers. When this throws, what ``deliveries`` holds is committed all the same.
    mutating func deliver(_ order: inout AggregateOrder) throws {
        for service in relay.services { try deliver(to: service, &order) }
        for index in messages.indices where isSelected("", index) {
            if !relay.hasReceiver(messages[index]) { settle(index, &order) }
        }
        try mark()
    }

    // MARK: Subscribers

    private typealias Wanted = (index: Int, subscriber: any Subscriber)

    private mutating func deliver(to service: Service, _ order: inout AggregateOrder) throws {
        var wanted: [Wanted] = []
        for (index, message) in messages.enumerated() {
            for subscriber in service.subscribers where subscriber.accepts(message) {
                guard isSelected(subscriber.id, index) else { continue }
                let key = DeliveryNotes.Key(message, subscriber)
                if !chunk.notes.isEmpty, chunk.notes.isSettled(key) { continue }
                if context.isBeforeBeginning(message, of: subscriber) { continue }
                if !chunk.notes.isEmpty, chunk.notes.parked[key] != nil {
                    isOutstanding[index] = true
                    continue
                }
                wanted.append((index, subscriber))
            }
        }
        if wanted.isEmpty { return }
        do {
            try transact(wanted, service, &order)
        } catch let error as StoreError where error.isRefusedCommit {
            // One of them cannot be committed: it is found by giving each a transaction of its own.
            for one in wanted { try deliverAlone(one, service, &order) }
        }
    }

    private func isSelected(_ subscriber: String, _ index: Int) -> Bool {
        selection.map { $0[index].contains(subscriber) } ?? true
    }

    private mutating func deliverAlone(
        _ one: Wanted, _ service: Service, _ order: inout AggregateOrder
    ) throws {
        resumesApart = true
        defer { resumesApart = false }
        do {
            let before = made[one.index].count
            try transact([one], service, &order)
            let isDone = made[one.index][before...].contains {
                $0.delivery.receipt.outcome.isDone
            }
            if isDone { try resumeApart(one, service, &order) }
        } catch let error as StoreError where error.isRefusedCommit {
            note(
                messages[one.index], Receipt(outcome: .failed, effects: ["\(error)"]),
                one.subscriber, one.index, age: nil, &order)
        }
    }

    private mutating func transact(
        _ wanted: [Wanted], _ service: Service, _ order: inout AggregateOrder
    ) throws {
        // What the transaction does counts when it is committed.
        var after = self
        var orderAfter = order
        let isDone: Void? = try context.availability.attempt(service.store) { store in
            try store.write { transaction in
                after = self
                orderAfter = order
                for one in wanted { try after.deliver(one, of: service, &orderAfter, transaction) }
                try after.notePosition(of: service, among: wanted, transaction)
            }
        }
        guard isDone != nil else {
            for one in wanted { isOutstanding[one.index] = true }
            return
        }
        self = after
        order = orderAfter
    }

    private mutating func deliver(
        _ one: Wanted, of service: Service, _ order: inout AggregateOrder,
        _ transaction: any Transaction
    ) throws {
        let (index, subscriber) = one
        var message = messages[index]
        let age = age(of: message, transaction)
        if let wait = reasonToWait(message, subscriber, order) {
            note(message, wait, subscriber, index, age: age, &order)
            return
        }
        var receipt: Receipt
        if !chunk.notes.edits.isEmpty,
            let payload = chunk.notes.edits[DeliveryNotes.Key(message, subscriber)]
        {
            message = message.replacing(payload: payload)
            receipt = try receive(message, subscriber, service, transaction)
            receipt.effects.append("its payload was edited")
        } else {
            receipt = try receive(message, subscriber, service, transaction)
        }
        note(message, receipt, subscriber, index, age: age, &order)
        guard receipt.outcome.isDone, !resumesApart, let stashing = service.stashing[subscriber.id]
        else { return }
        var causes = [message][...]
        while let cause = causes.popFirst() {
            while let (next, receipt) = try service.resumeNext(
                after: cause, at: stashing, context.journal, in: transaction)
            {
                noteResumed(next, receipt, subscriber, index, &order)
                if receipt.outcome.isDone { causes.append(next) }
            }
        }
    }

    /// The same in a transaction for each: one of them cannot be committed.
    private mutating func resumeApart(
        _ one: Wanted, _ service: Service, _ order: inout AggregateOrder
    ) throws {
        guard let stashing = service.stashing[one.subscriber.id] else { return }
        var causes = [messages[one.index]][...]
        while let cause = causes.popFirst() {
            while let (next, receipt) = try resumeAlone(after: cause, at: stashing, service) {
                noteResumed(next, receipt, one.subscriber, one.index, &order)
                if receipt.outcome.isDone { causes.append(next) }
            }
        }
    }

    private func resumeAlone(
        after cause: Message, at stashing: any StashingSubscriber, _ service: Service
    ) throws -> (message: Message, receipt: Receipt)? {
        var tried: Message?
        do {
            return try context.availability.attempt(service.store) { store in
                try store.write { transaction in
                    tried = try stashing.nextToResume(after: cause, in: transaction)
                    return try service.resumeNext(
                        after: cause, at: stashing, context.journal, in: transaction)
                }
            } ?? nil
        } catch let error as StoreError where error.isRefusedCommit {
            guard let tried else { throw error }
            _ = try context.availability.attempt(service.store) { store in
                try store.write { try stashing.giveBack(tried.id, in: $0) }
            }
            return (tried, Receipt(outcome: .failed, effects: ["\(error)"]))
        }
    }

    private mutating func noteResumed(
        _ message: Message, _ result: Receipt, _ subscriber: any Subscriber, _ index: Int,
        _ order: inout AggregateOrder
    ) {
        var receipt = result
        if receipt.outcome.isDone { receipt.effects.insert("resumed", at: 0) }
        note(message, receipt, subscriber, index, age: nil, isResumed: true, &order)
    }

    private func receive(
        _ message: Message, _ subscriber: any Subscriber, _ service: Service,
        _ transaction: any Transaction
    ) throws -> Receipt {
        context.journal?.begin(message.id, for: subscriber.id)
        defer { context.journal?.end() }
        return try service.receive(message, for: subscriber, in: transaction)
    }

    private func reasonToWait(
        _ message: Message, _ subscriber: (any Subscriber)?, _ order: AggregateOrder
    ) -> Receipt? {
        if order.holds(message, for: subscriber) { return Receipt(outcome: .held) }
        guard !chunk.notes.ahead.isEmpty,
            let letter = chunk.notes.ahead[DeliveryNotes.Key(message, subscriber)]
        else { return nil }
        let ahead = MessageID(service: source.name, number: letter)
        return Receipt(outcome: .held, effects: ["\(ahead) is parked"])
    }

    private func age(of message: Message, _ transaction: any Transaction) -> Duration? {
        message.sent.flatMap { sent in
            let (age, isTooLong) = transaction.now.milliseconds.subtractingReportingOverflow(
                sent.milliseconds)
            return isTooLong ? nil : .milliseconds(age)
        }
    }

    private mutating func note(
        _ message: Message, _ receipt: Receipt, _ subscriber: (any Subscriber)?, _ index: Int,
        age: Duration?, isResumed: Bool = false, _ order: inout AggregateOrder
    ) {
        if receipt.outcome.isFailure { order.holdBackSuccessors(of: message, for: subscriber) }
        let delivery = Delivery(
            message: message.heading, source: message.id.service, subscriber: subscriber?.id,
            receipt: receipt, age: age)
        made[index].append(
            Made(
                delivery: delivery, message: message, subscriber: subscriber,
                isResumed: isResumed))
    }

    /// Lets the subscriber's store, and later the source, remember how far it has come.
    private mutating func notePosition(
        of service: Service, among wanted: [Wanted], _ transaction: any Transaction
    ) throws {
        if service.name == source.name { return }
        let subscribers = Set(wanted.map(\.subscriber.id))
        let last = wanted.last { one in
            made[one.index].contains {
                !$0.isResumed && $0.delivery.receipt.outcome.isDone
                    && $0.delivery.subscriber.map(subscribers.contains) ?? false
            }
        }
        guard let last else { return }
        let message = messages[last.index]
        try Positions(transaction).note(
            SourcePosition(
                source: source.name, incarnation: chunk.state.incarnation,
                through: message.id.number, digest: message.digest, counters: chunk.state.counters))
        let incarnation =
            try context.incarnations[service.name] ?? Identities(transaction).own().incarnation
        positions.append(
            SubscriberPosition(
                service: service.name, incarnation: incarnation, through: message.id.number))
    }

    // MARK: Messages without a receiver

    /// Decides what becomes of a message that no subscriber accepts.
    private mutating func settle(_ index: Int, _ order: inout AggregateOrder) {
        var message = messages[index]
        let key = DeliveryNotes.Key(message, nil)
        if let payload = chunk.notes.edits[key] { message = message.replacing(payload: payload) }
        if chunk.notes.discarded.contains(key) {
            isOutstanding[index] = false
            return
        }
        if chunk.notes.parked[key] != nil {
            isOutstanding[index] = true
            return
        }
        let receipt: Receipt
        if let wait = reasonToWait(message, nil, order) {
            receipt = wait
        } else if let defect = message.defect {
            receipt = Receipt(outcome: .failed, effects: [defect])
        } else if !message.isEvent {
            receipt = Receipt(
                outcome: .failed,
                effects: ["nobody receives \(message.type) on channel \(message.destination)"])
        } else if context.knowsAllSubscribers {
            receipt = Receipt(outcome: .unheard, effects: ["nobody subscribes to it"])
        } else {
            isOutstanding[index] = true
            return
        }
        isOutstanding[index] = false
        note(message, receipt, nil, index, age: nil, &order)
    }
}
