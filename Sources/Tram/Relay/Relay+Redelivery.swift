extension Relay {
    /// Makes published messages pending again that a subscriber has not handled.
    ///
    /// Needed after an older copy of the subscriber's store was put back: the sources have
    /// published what it no longer knows. The next relay delivers these messages to this subscriber
    /// and to nobody else. What has been purged from the outboxes is not brought back.
    ///
    /// The outboxes are read from `first` to their end, and each message is looked up in the
    /// subscriber's inbox: two reads for every page of ``chunk`` messages. Repeating the call after
    /// it was interrupted does no harm.
    ///
    /// - Parameters:
    ///   - subscriber: the subscriber's id.
    ///   - first: only messages of this one's source, from this one on; messages of all sources
    ///     when nil.
    /// - Returns: for each source, in the order of the services, how many messages are pending
    ///   again.
    /// - Throws: ``RedeliveryError``; a ``StoreError`` when one of the stores cannot be used. The
    ///   sources before that one have been changed then.
    public func redeliver(
        to subscriber: String, from first: MessageID? = nil
    ) throws -> [(source: String, messages: Int)] {
        guard
            let service = services.first(where: { $0.subscribers.contains { $0.id == subscriber } }
            ),
            let receiver = service.subscribers.first(where: { $0.id == subscriber })
        else {
            throw RedeliveryError.unknownSubscriber(
                subscriber, known: services.flatMap(\.subscribers).map(\.id))
        }
        if let first, !services.contains(where: { $0.name == first.service }) {
            throw RedeliveryError.unknownSource(first.service, known: services.map(\.name))
        }
        try followRenamedSubscribers(Availability())
        let facts = try service.store.read(StoreFacts.init)
        return try services.filter { first == nil || $0.name == first?.service }.map { source in
            var missing: [MessageID] = []
            try forEachUnhandled(
                by: receiver, of: service, from: source, after: (first?.number ?? 1) - 1
            ) { missing += $0 }
            try source.store.write { transaction in
                let outbox = Outbox(transaction)
                try outbox.markUnpublished(missing, for: subscriber)
                try outbox.noteRedelivery(to: subscriber)
                if source.name == service.name { return }
                try Positions(transaction).set(
                    SubscriberPosition(
                        service: service.name, incarnation: facts.identity.incarnation,
                        through: facts.position(of: source.name)?.through ?? 0))
            }
            return (source.name, missing.count)
        }
    }

    /// Calls `body` for the messages that a subscriber should have handled and has not, and that no
    /// relay would bring to it, page by page. Pages without any are left out.
    ///
    /// Not told are messages that an operator has discarded for the subscriber, and those that are
    /// parked or wait behind a dead letter: they will come by themselves when that is decided.
    ///
    /// - Parameters:
    ///   - subscriber: the subscriber.
    ///   - service: its service.
    ///   - source: whose outbox is read.
    ///   - after: only messages with a higher number.
    ///   - onlyEvents: whether commands and replies are left out.
    ///   - body: called outside of any transaction.
    func forEachUnhandled(
        by subscriber: any Subscriber, of service: Service, from source: Service, after: Int = 0,
        onlyEvents: Bool = false, _ body: ([MessageID]) throws -> Void
    ) throws {
        var after = after
        while true {
            let (page, notes) = try source.store.read { transaction in
                let outbox = Outbox(transaction)
                let page = try outbox.notBroughtToAll(after: after, limit: chunk)
                guard let first = page.first, let last = page.last else {
                    return (page, DeliveryNotes())
                }
                return (page, try outbox.notes(first.message.id.number...last.message.id.number))
            }
            guard let last = page.last else { return }
            let wanted = page.filter { entry in
                let key = DeliveryNotes.Key(entry.message, subscriber)
                return (entry.isPublished || entry.isSetAside || !notes.isFor(key))
                    && subscriber.accepts(entry.message)
                    && (entry.message.isEvent || !onlyEvents)
                    && !notes.discarded.contains(key) && notes.parked[key] == nil
                    && notes.ahead[key] == nil
                    // It was discarded when it had no receiver: that is final.
                    && !notes.discarded.contains(DeliveryNotes.Key(entry.message, nil))
            }
            let unhandled = try service.store.read { transaction in
                try wanted.map(\.message.id).filter {
                    try !Inbox(transaction).contains($0, for: subscriber.id)
                }
            }
            if !unhandled.isEmpty { try body(unhandled) }
            after = last.message.id.number
        }
    }
}

/// Why ``Relay/redeliver(to:from:)`` has made nothing pending.
public enum RedeliveryError: Error, Hashable, Sendable {
    /// No subscriber of the relay has this id; the ids that there are.
    case unknownSubscriber(String, known: [String])
    /// No service of the relay has this name; the names that there are.
    case unknownSource(String, known: [String])
}
