/// The second half of a chunk's delivery: the source's own transaction, after those of the
/// subscribers.
///
/// The order is what makes delivery "at least once". The subscribers' transactions are committed
/// first, each with its inbox rows; only then does the source mark the messages as published. A
/// crash between the two leaves messages pending that were handled. The next relay delivers them
/// again, the inboxes answer `duplicate`, and the mark is made then. The opposite order could lose
/// a message.
extension ChunkDelivery {
    /// Writes to the outbox what came of the chunk: published, failed, parked, or set aside.
    ///
    /// Everything that must be read from other stores is read before the write begins, so that the
    /// source's lock is held only for its own rows. If the source has gone away meanwhile, nothing
    /// is marked, and the messages are delivered again later.
    mutating func mark() throws {
        let done = try messages.indices.filter(isDone)
        let handled = try handledElsewhere(except: Set(done))
        var after = self
        let isMarked: Void? = try context.availability.attempt(source.store) { store in
            try store.write { transaction in
                after = self
                let outbox = Outbox(transaction)
                for index in done {
                    // A stashed message is not handled yet: it keeps its count of failures.
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
                // If nothing was published, no position need be kept: what is pending is delivered
                // again anyway, also to an inbox that was put back.
                if done.isEmpty { return }
                for position in positions { try Positions(transaction).note(position) }
            }
        }
        if isMarked != nil { self = after }
        try giveBackElsewhere()
    }

    /// Whether every subscriber has handled a message, or will never have to.
    ///
    /// A delivery to all subscribers knows the answer by itself. A delivery to some of them must
    /// ask the inboxes of the others.
    private func isDone(_ index: Int) throws -> Bool {
        let own = made[index].lazy.filter { !$0.isResumed }
        guard own.allSatisfy(\.delivery.receipt.outcome.isDone) else { return false }
        if selection == nil { return !isOutstanding[index] }
        // The inboxes know about the subscribers that were not selected.
        return try !isOutstanding[index]
            || relay.isHandledByAll(messages[index], chunk.notes, context.availability)
    }

    /// Counts the failed deliveries of messages of one source, and parks those that have failed as
    /// often as the policy allows.
    ///
    /// A message that was stashed had been marked as published. When it is resumed and fails, it is
    /// made pending again in its own outbox, which may be another one than the chunk's: see
    /// `giveBackElsewhere`.
    ///
    /// - Returns: whether any delivery was parked.
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
                    // It was published when it was stashed; now its outbox must deliver it again.
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

    /// Takes messages out of the relay's way that no subscriber can be given at present, because
    /// each open delivery is parked or waits behind a parked one. They keep their place: an
    /// operator's decision about the dead letter makes them pending again.
    ///
    /// A message that is open for nobody any more, because an operator has discarded its last
    /// delivery, is published instead.
    ///
    /// - Parameters:
    ///   - indices: the messages of the chunk that are not done.
    ///   - handled: by message, the subscribers that are done with it.
    private func setAside(
        _ indices: Set<Int>, _ handled: [Int: Set<String>], _ transaction: any Transaction
    ) throws {
        guard let first = messages.first?.id.number, let last = messages.last?.id.number else {
            return
        }
        let outbox = Outbox(transaction)
        // Read again: an operator may have decided something since the chunk was read.
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

    /// By message that is not done: the subscribers that are. Asked only where something has failed
    /// or is parked, so a chunk without trouble reads no inbox here.
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

    /// Records failures of resumed messages in the outboxes of other services.
    ///
    /// Handling one message may free a lock for which a command of another service waits; that
    /// command is then resumed in the same transaction. If it fails, its own outbox must deliver it
    /// again. A crash before that is mended by `RelayRun.takeBackGivenBack()`: the subscriber's
    /// store still says that the command was given back.
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
