/// The delivery of a chunk of one source's messages.
///
/// There is one transaction for each subscribing service, in the order of the relay's services, and
/// then one of the source that marks what every subscriber has handled. Within a service's
/// transaction the deliveries are made message by message, and for each message subscriber by
/// subscriber; each has a savepoint of its own, so a handler that throws loses only its own writes.
/// The size of the chunk changes how often a disk is waited for, and neither what is delivered nor
/// which numbers new messages get (decision record *A chunk is one transaction per service*).
///
/// The value holds only what is committed. A transaction works on a copy, which replaces the
/// original when the store has committed it: a store may run the body again or refuse the commit,
/// and then nothing of the attempt remains in memory either.
///
/// If a commit is refused because of rows that break a deferred rule, it is not known whose they
/// are. All deliveries of that transaction are then made again, each in a transaction of its own,
/// and the guilty one fails alone.
struct ChunkDelivery {
    let relay: Relay
    let chunk: Chunk
    /// By message: the ids of the subscribers to deliver to; nil for all of them.
    let selection: [Set<String>]?
    let context: DeliveryContext

    /// A delivery that was made, or tried.
    struct Made {
        var delivery: Delivery
        /// The message as the handler saw it: an operator may have edited its payload.
        let message: Message
        let subscriber: (any Subscriber)?
        /// Whether the message had been stashed by the subscriber, and another message has let it
        /// go on. It may come from another source than the chunk.
        let isResumed: Bool
    }

    /// What was committed: by message of the chunk, its deliveries in the order of the subscribers.
    /// A resumed message stands with the one that let it go on.
    var made: [[Made]]
    /// By message: whether a subscriber has not received it because it was not tried. Such a
    /// message is not marked as published.
    var isOutstanding: [Bool]
    /// Whether stashed messages are resumed in transactions of their own: one of them may be what a
    /// commit was refused for.
    private var resumesApart = false
    /// By service: how far it has now handled what the source has sent. The source notes it when it
    /// marks the messages.
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

    /// The committed deliveries in the order of messages and subscribers.
    var deliveries: [Delivery] { made.joined().map(\.delivery) }

    /// Makes all deliveries of the chunk, and marks the messages.
    ///
    /// - Parameter order: what failed earlier in the run; failures are added.
    /// - Throws: an error of a store that does not mean that its service is away. What
    ///   ``deliveries`` holds is committed all the same.
    mutating func deliver(_ order: inout AggregateOrder) throws {
        for service in relay.services { try deliver(to: service, &order) }
        for index in messages.indices where isSelected("", index) {
            if !relay.hasReceiver(messages[index]) { settle(index, &order) }
        }
        try mark()
    }

    // MARK: Subscribers

    /// A message, by its place in the chunk, and a subscriber that is to get it.
    private typealias Wanted = (index: Int, subscriber: any Subscriber)

    /// Makes the deliveries to one service, in one transaction, or in one for each when that is
    /// refused.
    ///
    /// Left out is what an operator has discarded, what was sent before the subscriber began, and
    /// what is parked. Only the last of these keeps the message outstanding.
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
            // It is not known which delivery is at fault: give each a transaction of its own.
            for one in wanted { try deliverAlone(one, service, &order) }
        }
    }

    private func isSelected(_ subscriber: String, _ index: Int) -> Bool {
        selection.map { $0[index].contains(subscriber) } ?? true
    }

    /// Makes one delivery in a transaction of its own; a commit that is refused is a failure of
    /// this delivery.
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

    /// Runs the deliveries in one transaction of the service's store, and takes their outcomes over
    /// when it is committed. When the service is away, all of them stay outstanding.
    private mutating func transact(
        _ wanted: [Wanted], _ service: Service, _ order: inout AggregateOrder
    ) throws {
        // Work on copies, which count only once the transaction is committed.
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

    /// Delivers one message to one subscriber, and then whatever stashed messages it lets go on, in
    /// the same transaction.
    ///
    /// A resumed message may free a lock in its turn, so it is put into the queue of causes. The
    /// queue, and not a recursion, bounds the stack: a lock may have hundreds of commands behind
    /// it.
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

    /// Resumes stashed messages as `deliver` does, but each in a transaction of its own: used where
    /// a commit was refused and the guilty delivery is looked for.
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

    /// Resumes one message in a transaction of its own. If its commit is refused, the message is
    /// given back to its outbox in a second transaction; a process that dies between the two tries
    /// the same again.
    ///
    /// - Returns: nil when no message can go on, or the service is away.
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

    /// Notes the outcome of a resumed message; its first effect says that it was resumed.
    private mutating func noteResumed(
        _ message: Message, _ result: Receipt, _ subscriber: any Subscriber, _ index: Int,
        _ order: inout AggregateOrder
    ) {
        var receipt = result
        if receipt.outcome.isDone { receipt.effects.insert("resumed", at: 0) }
        note(message, receipt, subscriber, index, age: nil, isResumed: true, &order)
    }

    /// Calls the handler, with the delivery written down in the crash journal while it runs.
    private func receive(
        _ message: Message, _ subscriber: any Subscriber, _ service: Service,
        _ transaction: any Transaction
    ) throws -> Receipt {
        context.journal?.begin(message.id, for: subscriber.id)
        defer { context.journal?.end() }
        return try service.receive(message, for: subscriber, in: transaction)
    }

    /// Why a message must not be delivered now; nil when it may. An earlier message of its
    /// aggregate has failed in this run, or is parked.
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

    /// How long ago the message was sent, by the clock of the receiving store; nil when that is not
    /// known. It is negative where the clocks of two machines differ.
    private func age(of message: Message, _ transaction: any Transaction) -> Duration? {
        message.sent.flatMap { sent in
            let (age, isTooLong) = transaction.now.milliseconds.subtractingReportingOverflow(
                sent.milliseconds)
            return isTooLong ? nil : .milliseconds(age)
        }
    }

    /// Adds an outcome, and makes the lane of a message that failed wait.
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

    /// Lets the subscriber's store remember how far it has come in the source, in the same
    /// transaction, and keeps the counterpart that the source notes when it marks. The comparison
    /// of stores finds by the two whether one of them has gone back.
    ///
    /// Nothing is noted within one service: a store cannot be older than itself.
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
    ///
    /// A command or reply without a receiver is a failure, and is parked in the end: somebody waits
    /// for it. An event without a subscriber is done with, if all services are connected; otherwise
    /// it stays pending for those that are not.
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
