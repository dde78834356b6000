/// What the sources of a chunk's messages are told, when its deliveries are committed.
extension ChunkDelivery {
    /// Marks as published what every subscriber has handled, counts failures, and sets aside what nobody
    /// can be given at present.
    mutating func mark() throws {
        let done = try messages.indices.filter(isDone)
        let handled = try handledElsewhere(except: Set(done))
        var after = self
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
                if let first = done.map({ messages[$0].id.number }).min() {
                    try outbox.note(absent: context.absent, publishing: first)
                }
                let hasParked = try after.recordFailures(of: source, transaction)
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
                return !notes.discarded.contains(key) && (subscriber.isEmpty || notes.isFor(key))
                    && !(handled[index]?.contains(subscriber) ?? false)
            }.map { DeliveryNotes.Key(message: message.id.number, subscriber: $0) }
            if open.isEmpty {
                try outbox.markPublished([message.id])
                try outbox.note(absent: context.absent, publishing: message.id.number)
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
