extension Relay {
    /// Makes messages pending again that were published, and that a subscriber has not handled: after
    /// an older copy of its store was put back. The next relay delivers them; for all others they are
    /// duplicates. What has been purged from the outboxes is not brought back.
    ///
    /// - Parameters:
    ///   - subscriber: the subscriber's id.
    ///   - first: only messages of this one's source, from this one on; all when nil.
    /// - Returns: how many, by source.
    /// - Throws: ``RedeliveryError``.
    public func redeliver(
        to subscriber: String, from first: MessageID? = nil
    ) throws -> [(source: String, messages: Int)] {
        guard
            let service = services.first(where: { $0.subscribers.contains { $0.id == subscriber } }
            ),
            let receiver = service.subscribers.first(where: { $0.id == subscriber })
        else { throw RedeliveryError.unknownSubscriber(subscriber) }
        if let first, !services.contains(where: { $0.name == first.service }) {
            throw RedeliveryError.unknownSource(first.service)
        }
        let facts = try service.store.read(StoreFacts.init)
        return try services.filter { first == nil || $0.name == first?.service }.map { source in
            let missing = try unhandled(
                by: receiver, of: service, from: source, after: (first?.number ?? 1) - 1)
            try source.store.write { transaction in
                try Outbox(transaction).markUnpublished(missing)
                if source.name == service.name { return }
                try Positions(transaction).set(
                    SubscriberPosition(
                        service: service.name, incarnation: facts.identity.incarnation,
                        through: facts.position(of: source.name)?.through ?? 0))
            }
            return (source.name, missing.count)
        }
    }

    /// The published messages that a subscriber should have handled, and has not.
    private func unhandled(
        by subscriber: any Subscriber, of service: Service, from source: Service, after: Int
    ) throws -> [MessageID] {
        var unhandled: [MessageID] = []
        var after = after
        while true {
            let page = try source.store.read {
                try Outbox($0).messages(after: after, limit: chunk)
            }
            guard let last = page.last else { return unhandled }
            let wanted = page.filter { $0.isPublished && subscriber.accepts($0.message) }
                .map(\.message.id)
            unhandled += try service.store.read { transaction in
                try wanted.filter { try !Inbox(transaction).contains($0, for: subscriber.id) }
            }
            after = last.message.id.number
        }
    }
}

/// Why nothing was made pending again.
public enum RedeliveryError: Error, Hashable, Sendable {
    /// No subscriber has this id.
    case unknownSubscriber(String)
    /// No service has this name.
    case unknownSource(String)
}
