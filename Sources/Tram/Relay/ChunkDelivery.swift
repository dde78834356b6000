/// Some messages of one source, and what its store said of them when they were read.
struct Chunk {
    let source: Service
    let messages: [Message]
    let notes: DeliveryNotes
    let state: SourceState

    /// - Parameter incarnation: what the store's identity is known to say; nil when that is to be read.
    init(
        _ messages: [Message], of source: Service, incarnation: String?,
        in transaction: any Transaction
    ) throws {
        self.source = source
        self.messages = messages
        if let first = messages.first, let last = messages.last {
            notes = try Outbox(transaction).notes(first.id.number...last.id.number)
        } else {
            notes = DeliveryNotes()
        }
        if let incarnation {
            state = try SourceState(transaction, incarnation: incarnation)
        } else {
            state = try SourceState(transaction)
        }
    }
}

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

/// What is the same for all deliveries of a run.
struct DeliveryContext {
    let availability: Availability
    let parking: ParkingPolicy
    /// Knows of handlers that end the process; nil when that does not matter.
    var journal: (any DeliveryJournal)?
    /// Whether an event that no subscriber of these services accepts is heard by nobody.
    var knowsAllSubscribers = false
    /// The incarnations of the services' stores, as far as they are known.
    var incarnations: [String: String] = [:]
}

/// The delivery of a chunk of one source's messages: one transaction for each subscribing service, then
/// one of the source that marks what every subscriber has handled. A chunk of one is the plain case.
struct ChunkDelivery {
    private let relay: Relay
    private let chunk: Chunk
    /// By message: the ids of the subscribers to deliver to; nil for all.
    private let selection: [Set<String>]?
    private let context: DeliveryContext

    /// A delivery that was made, or tried.
    private struct Made {
        var delivery: Delivery
        let message: Message
        let subscriber: (any Subscriber)?
        /// Whether the message was set aside by the subscriber before, and another one has let it go on.
        let isResumed: Bool
    }

    /// What was committed, by message: each message's deliveries in the order of its subscribers.
    private var made: [[Made]]
    /// By message: whether somebody has not received it because it was not tried.
    private var isOutstanding: [Bool]
    /// Whether messages that were set aside are resumed in transactions of their own.
    private var resumesApart = false
    /// By service: how far it has now handled what the source has sent.
    private var positions: [SubscriberPosition] = []

    private var messages: [Message] { chunk.messages }
    private var source: Service { chunk.source }

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

    /// The services whose outboxes have messages that are pending again.
    private(set) var reopened: Set<String> = []

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
                if !chunk.notes.isEmpty, chunk.notes.discarded.contains(key) { continue }
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

    private func age(of message: Message, _ transaction: any Transaction) -> Int64? {
        message.sent.flatMap { sent in
            let (age, isTooLong) = transaction.now.milliseconds.subtractingReportingOverflow(
                sent.milliseconds)
            return isTooLong ? nil : age
        }
    }

    private mutating func note(
        _ message: Message, _ receipt: Receipt, _ subscriber: (any Subscriber)?, _ index: Int,
        age: Int64?, isResumed: Bool = false, _ order: inout AggregateOrder
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

    // MARK: The sources

    private mutating func mark() throws {
        let done = try messages.indices.filter(isDone)
        let handled = try handledElsewhere(except: Set(done))
        var after = self
        var hasParked = false
        let isMarked: Void? = try context.availability.attempt(source.store) { store in
            try store.write { transaction in
                after = self
                let outbox = Outbox(transaction)
                for index in done {
                    // The attempts of one that is stashed again still count.
                    let isStashed = made[index].contains {
                        !$0.isResumed && $0.delivery.receipt.outcome == .stashed
                    }
                    if isStashed || !chunk.notes.hasFailure(of: messages[index]) {
                        try outbox.markPublishedOnly(messages[index].id)
                    } else {
                        try outbox.markPublished([messages[index].id])
                    }
                }
                hasParked = try after.recordFailures(of: source, transaction)
                if hasParked || chunk.notes.hasDeadLetters {
                    try setAside(Set(messages.indices).subtracting(done), handled, transaction)
                }
                // What is still pending is delivered again to an inbox that has gone back.
                if done.isEmpty { return }
                for position in positions { try Positions(transaction).note(position) }
            }
        }
        if isMarked != nil { self = after }
        try giveBackElsewhere()
    }

    /// Whether every subscriber has handled a message, or will never have to.
    private func isDone(_ index: Int) throws -> Bool {
        let own = made[index].lazy.filter { !$0.isResumed }
        guard own.allSatisfy(\.delivery.receipt.outcome.isDone) else { return false }
        if selection == nil { return !isOutstanding[index] }
        // The inboxes tell of those to whom nothing was delivered now.
        return try !isOutstanding[index]
            || relay.isHandledByAll(messages[index], chunk.notes, context.availability)
    }

    /// Counts the failures of messages of a source, and parks those that have failed too often.
    ///
    /// - Returns: whether it has parked any.
    private mutating func recordFailures(
        of source: Service, _ transaction: any Transaction
    ) throws -> Bool {
        var hasParked = false
        let outbox = Outbox(transaction)
        for index in made.indices {
            for position in made[index].indices {
                let one = made[index][position]
                guard one.delivery.source == source.name else { continue }
                if one.isResumed, one.delivery.receipt.outcome.isDone,
                    one.delivery.receipt.outcome != .stashed
                {
                    try outbox.forgetFailures(of: one.message.id.number)
                }
                guard one.delivery.receipt.outcome == .failed else { continue }
                if one.isResumed {
                    // It was published, since the subscriber had it.
                    guard try outbox.message(one.message.id.number) != nil else { continue }
                    try outbox.markUnpublished([one.message.id])
                    reopened.insert(source.name)
                }
                let subscriber = one.delivery.subscriber ?? ""
                let error = one.delivery.receipt.effects[0]
                let attempts = try outbox.recordFailure(
                    of: one.message.id, subscriber: subscriber, error: error)
                guard context.parking.parks(after: attempts) else { continue }
                try outbox.park(
                    one.message, for: subscriber, attempts: attempts, error: error,
                    isTold: !context.parking.isToBeTold)
                made[index][position].delivery.receipt.outcome = .parked
                hasParked = true
            }
        }
        return hasParked
    }

    /// Sets messages aside that nobody can be given at present. One that an operator has let everybody
    /// be done with meanwhile is published.
    private func setAside(
        _ indices: Set<Int>, _ handled: [Int: Set<String>], _ transaction: any Transaction
    ) throws {
        guard let first = messages.first?.id.number, let last = messages.last?.id.number else {
            return
        }
        let outbox = Outbox(transaction)
        // An operator may have decided otherwise since the messages were read.
        let notes = try outbox.notes(first...last)
        for index in indices.sorted() {
            let message = messages[index]
            var subscribers = relay.subscribers(of: message).map(\.id)
            if subscribers.isEmpty { subscribers = [""] }
            let open = subscribers.filter { subscriber in
                let key = DeliveryNotes.Key(message: message.id.number, subscriber: subscriber)
                return !notes.discarded.contains(key)
                    && !(handled[index]?.contains(subscriber) ?? false)
            }.map { DeliveryNotes.Key(message: message.id.number, subscriber: $0) }
            if open.isEmpty {
                try outbox.markPublished([message.id])
            } else if open.allSatisfy({ notes.parked[$0] != nil || notes.ahead[$0] != nil }) {
                let isParked = open.contains { notes.parked[$0] != nil }
                try outbox.setAside(message.id, isParked ? .parked : .behindParked)
            }
        }
    }

    /// By message: the subscribers that are done with it.
    private func handledElsewhere(except done: Set<Int>) throws -> [Int: Set<String>] {
        var handled: [Int: Set<String>] = [:]
        for index in messages.indices where !done.contains(index) {
            let own = made[index].filter { !$0.isResumed }
            guard
                own.contains(where: { !$0.delivery.receipt.outcome.isDone })
                    || chunk.notes.hasDeadLetters
            else { continue }
            var subscribers = Set(
                own.filter(\.delivery.receipt.outcome.isDone).compactMap(\.delivery.subscriber))
            if selection != nil {
                subscribers.formUnion(
                    try relay.subscribersDone(with: messages[index], context.availability))
            }
            handled[index] = subscribers
        }
        return handled
    }

    /// Makes the messages of other outboxes pending again that could not be resumed.
    private mutating func giveBackElsewhere() throws {
        for service in relay.services where service.name != source.name {
            let isConcerned = made.joined().contains {
                $0.isResumed && $0.delivery.source == service.name
            }
            guard isConcerned else { continue }
            var after = self
            let isDone: Void? = try context.availability.attempt(service.store) { store in
                try store.write { transaction in
                    after = self
                    _ = try after.recordFailures(of: service, transaction)
                }
            }
            if isDone != nil { self = after }
        }
    }
}
