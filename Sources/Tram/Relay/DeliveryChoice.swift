/// A message that a bounded pass takes up, and the subscribers that it is delivered to. A message
/// may be chosen twice: once for the subscribers that have not seen it, and once for one at which
/// it has failed.
struct ChosenMessage {
    let message: Message
    /// The ids of the subscribers; the empty text stands for "nobody", for a message without a
    /// receiver.
    var subscribers: Set<String>
    /// How often these deliveries have failed before.
    let attempts: Int
}

/// Chooses the deliveries of a pass that is bounded to a number of messages, or of a single step.
///
/// What has never failed comes first, then what has failed least often; within each of these, the
/// order of a whole pass. So a message that fails again and again cannot use up every bounded pass
/// and starve the others. A delivery that must wait for one that has failed is not chosen at all.
///
/// The search reads an outbox page by page, and stops when enough deliveries are found that have
/// never failed. In the worst case, where all pending messages fail, it reads the whole backlog:
/// one read of the source, and one of each subscribing service, for every page of ``Relay/chunk``
/// messages.
struct DeliveryChoice {
    private let relay: Relay
    private let context: DeliveryContext
    private var availability: Availability { context.availability }
    private var knowsAllSubscribers: Bool { context.knowsAllSubscribers }
    /// The greatest number of different messages to choose.
    private let messages: Int
    /// The greatest number of deliveries to choose.
    private let deliveries: Int

    /// What waits for something that is not delivered before it in this pass.
    private var order: AggregateOrder
    /// Deliveries that have never failed, by message, in the order of the sources.
    private var fresh: [ChosenMessage] = []
    /// Deliveries that have failed before, one entry for each message and subscriber.
    private var failed: [ChosenMessage] = []

    /// - Parameter order: what has failed in this run already.
    init(
        _ relay: Relay, _ context: DeliveryContext, order: AggregateOrder, messages: Int,
        deliveries: Int
    ) {
        self.relay = relay
        self.context = context
        self.order = order
        self.messages = messages
        self.deliveries = deliveries
    }

    /// What was chosen, in the order in which it is to be delivered. A message whose deliveries
    /// would exceed the bound is cut to the first of its subscribers.
    var chosen: [ChosenMessage] {
        var chosen: [ChosenMessage] = []
        var ids: Set<MessageID> = []
        var left = deliveries
        for var next in fresh + failedByAttempts {
            ids.insert(next.message.id)
            if ids.count > messages || left == 0 { break }
            if next.subscribers.count > left {
                let first = relay.subscribers(of: next.message).map(\.id)
                    .filter(next.subscribers.contains).prefix(left)
                next.subscribers = Set(first)
            }
            left -= next.subscribers.count
            chosen.append(next)
        }
        return chosen
    }

    /// The failed deliveries, those with the fewest attempts first; the position in the backlog
    /// breaks a tie, so that the order does not depend on the sort.
    private var failedByAttempts: [ChosenMessage] {
        failed.enumerated().sorted {
            ($0.element.attempts, $0.offset) < ($1.element.attempts, $1.offset)
        }.map(\.element)
    }

    /// Adds a delivery that has failed before, and now and then drops those that can no longer be
    /// chosen: a backlog of a million failures must not be held in memory.
    private mutating func addFailed(_ chosen: ChosenMessage) {
        failed.append(chosen)
        // A message gives at most one failed delivery for each subscriber.
        let enough = min(messages, deliveries).multipliedReportingOverflow(
            by: max(1, relay.services.reduce(0) { $0 + $1.subscribers.count }))
        guard !enough.overflow, failed.count >= 2 * max(enough.partialValue, 100) else { return }
        failed = Array(failedByAttempts.prefix(enough.partialValue))
    }

    /// Whether no more deliveries are needed: what has never failed fills the bound by itself.
    private var isComplete: Bool { fresh.count >= min(messages, deliveries) }

    /// Looks at the pending messages of one outbox, until enough is chosen or the backlog ends.
    mutating func look(at source: Service) throws {
        var after = 0
        while !isComplete {
            let page = try availability.attempt(source.store) { store in
                try store.read { transaction in
                    let messages = try Outbox(transaction).unpublished(
                        after: after, through: .max, limit: relay.chunk)
                    guard let first = messages.first, let last = messages.last else {
                        return (messages, DeliveryNotes())
                    }
                    let notes = try Outbox(transaction).notes(first.id.number...last.id.number)
                    return (messages, notes)
                }
            }
            guard let (messages, notes) = page, let last = messages.last else { return }
            let handled = try handled(messages)
            for message in messages where !isComplete {
                if relay.hasReceiver(message) {
                    try look(at: message, notes, handled, source)
                } else {
                    lookAtUnreceived(message, notes)
                }
            }
            after = last.id.number
        }
    }

    /// Finds out for whom a message is outstanding. One that everybody has handled is marked as
    /// published on the way: the process that delivered it has died before it could do so.
    private mutating func look(
        at message: Message, _ notes: DeliveryNotes, _ handled: Set<DeliveryNotes.Key>,
        _ source: Service
    ) throws {
        var subscribers: Set<String> = []
        var isDone = true
        for service in relay.services {
            for subscriber in service.subscribers where subscriber.accepts(message) {
                let key = DeliveryNotes.Key(message, subscriber)
                if handled.contains(key) || notes.isSettled(key) { continue }
                isDone = false
                guard availability.includes(service.name), !order.holds(message, for: subscriber),
                    notes.ahead[key] == nil, notes.parked[key] == nil
                else { continue }
                if let attempts = notes.attempts[key] {
                    addFailed(
                        ChosenMessage(
                            message: message, subscribers: [subscriber.id], attempts: attempts))
                    order.holdBackSuccessors(of: message, for: subscriber)
                } else {
                    subscribers.insert(subscriber.id)
                }
            }
        }
        if isDone {
            // The process that made the last delivery died before it could mark the message.
            _ = try availability.attempt(source.store) {
                try $0.write { transaction in
                    try Outbox(transaction).markPublished([message.id])
                    try Outbox(transaction).note(
                        absent: context.absent, publishing: message.id.number)
                }
            }
        } else if !subscribers.isEmpty {
            fresh.append(ChosenMessage(message: message, subscribers: subscribers, attempts: 0))
        }
    }

    /// Chooses a message that no subscriber accepts, if a delivery would decide what becomes of it.
    private mutating func lookAtUnreceived(_ message: Message, _ notes: DeliveryNotes) {
        let key = DeliveryNotes.Key(message, nil)
        guard !message.isEvent || message.defect != nil || knowsAllSubscribers,
            !order.holds(message, for: nil), notes.ahead[key] == nil, notes.parked[key] == nil
        else { return }
        let attempts = notes.attempts[key] ?? 0
        let chosen = ChosenMessage(message: message, subscribers: [""], attempts: attempts)
        if attempts == 0 {
            fresh.append(chosen)
        } else {
            addFailed(chosen)
            order.holdBackSuccessors(of: message, for: nil)
        }
    }

    /// Which of the messages the inboxes know, and from whom: one read for each subscribing
    /// service.
    private func handled(_ messages: [Message]) throws -> Set<DeliveryNotes.Key> {
        var handled: Set<DeliveryNotes.Key> = []
        for service in relay.services {
            _ = try availability.attempt(service.store) { store in
                try store.read { transaction in
                    for message in messages {
                        for subscriber in service.subscribers where subscriber.accepts(message) {
                            guard
                                try Inbox(transaction).contains(message.id, for: subscriber.id)
                            else { continue }
                            handled.insert(DeliveryNotes.Key(message, subscriber))
                        }
                    }
                }
            }
        }
        return handled
    }
}
