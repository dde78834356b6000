/// What stores know of a subscriber, of the program or of one before.
public struct SubscriberStatus: Hashable, Sendable {
    /// The subscriber's id.
    public let id: String
    /// The service in whose store it works; nil when only senders know of it.
    public let service: String?
    /// Whether the program has it, by this id or by a former one. No relay delivers to any other.
    public let isKnown: Bool
    /// The present id when this is a former one; nil otherwise.
    public let presentID: String?
    /// Since when it listens to each source; none before a relay has seen it.
    public let subscriptions: [Subscription]
    /// How many messages it has handled, but for those whose rows were purged.
    public let handled: Int
    /// How many deliveries to it are parked.
    public let parked: Int
}

/// Why a subscriber was not removed.
public enum SubscriberRemovalError: Error, Hashable, Sendable {
    /// The program has it, in this service.
    case isKnown(id: String, service: String)
    /// It is what a subscriber was called before: its rows follow that one.
    case isFormerID(id: String, of: String)
    /// No store knows of it.
    case notFound(id: String)
}

/// What removing a subscriber meant.
public struct SubscriberRemoval: Hashable, Sendable {
    /// The subscriber's id.
    public let id: String
    /// How many rows of inboxes are gone.
    public let handled: Int
    /// How many dead letters are gone. What they have held is delivered next.
    public let parked: Int
}

extension Relay {
    /// The subscribers of the program and those that stores know of besides, in the order of services
    /// and then of ids. Those of services that are away are left out.
    public func subscriptions(
        _ availability: Availability = Availability()
    ) throws -> [SubscriberStatus] {
        var parked: [String: Int] = [:]
        for source in services {
            let own = try availability.attempt(source.store) {
                try $0.read { try Outbox($0).parkedCounts() }
            }
            parked.merge(own ?? [:], uniquingKeysWith: +)
        }
        var statuses: [SubscriberStatus] = []
        for service in services {
            let facts = try availability.attempt(service.store) { store in
                try store.read { transaction in
                    let subscriptions = Subscriptions(transaction)
                    return try (subscriptions.all(), subscriptions.handledCounts())
                }
            }
            guard let (rows, handled) = facts else { continue }
            let present = service.subscribers.map(\.id)
            let others = Set(rows.map(\.subscriber)).union(handled.keys).subtracting(present)
            statuses += (present + others.sorted()).map { id in
                status(
                    id, service.name, rows.filter { $0.subscriber == id }, handled[id] ?? 0,
                    parked[id] ?? 0)
            }
        }
        let listed = Set(statuses.map(\.id))
        // Of a renamed one whose rows have followed it, it is only known that it was there.
        statuses.removeAll { $0.presentID != nil && $0.handled == 0 && $0.parked == 0 }
        return statuses
            + parked.filter { !listed.contains($0.key) && service(of: $0.key) == nil }
            .sorted { $0.key < $1.key }.map { status($0.key, nil, [], 0, $0.value) }
    }

    private func status(
        _ id: String, _ service: String?, _ rows: [Subscription], _ handled: Int, _ parked: Int
    ) -> SubscriberStatus {
        let presentID = subscriber(formerly: id)?.id
        return SubscriberStatus(
            id: id, service: service, isKnown: presentID != nil || self.service(of: id) != nil,
            presentID: presentID, subscriptions: rows, handled: handled, parked: parked)
    }

    /// Removes all that stores know of a subscriber that the program no longer has: what it has handled,
    /// and the dead letters that it has left. Messages that were held by them are looked at by the next
    /// relay. A subscriber of that id that comes again is a new one.
    ///
    /// No relay may run beside it. It may be killed at any instant, and is then called again.
    ///
    /// - Throws: ``SubscriberRemovalError``, or a ``StoreError`` when only a store that is away may know
    ///   of it, with nothing changed.
    public func remove(
        subscriber id: String, _ availability: Availability = Availability()
    ) throws -> SubscriberRemoval {
        let before = try checkRemovable(id, availability)
        // The rows by which it is found are the last to go.
        for source in services {
            _ = try availability.attempt(source.store) { store in
                guard try store.read({ try Outbox($0).hasTroubles(of: id) }) else { return }
                try store.write { try Outbox($0).forget(id) }
            }
        }
        for service in services {
            _ = try availability.attempt(service.store) { store in
                guard try store.read({ try Subscriptions($0).know(id) }) else { return }
                try store.write { try Subscriptions($0).remove(id) }
            }
        }
        return SubscriberRemoval(
            id: id, handled: before.reduce(0) { $0 + $1.handled },
            parked: before.map(\.parked).max() ?? 0)
    }

    /// - Returns: what stores know of the subscriber.
    /// - Throws: ``SubscriberRemovalError`` when it cannot be removed.
    @discardableResult
    package func checkRemovable(
        _ id: String, _ availability: Availability
    ) throws -> [SubscriberStatus] {
        if let service = service(of: id) {
            throw SubscriberRemovalError.isKnown(id: id, service: service.name)
        }
        if let present = subscriber(formerly: id) {
            throw SubscriberRemovalError.isFormerID(id: id, of: present.id)
        }
        // Under no id stands what nobody receives.
        if id.isEmpty { throw SubscriberRemovalError.notFound(id: id) }
        let found = try subscriptions(availability).filter { $0.id == id }
        let isFailing = try services.contains { source in
            try availability.attempt(source.store) {
                try $0.read { try Outbox($0).hasTroubles(of: id) }
            } ?? false
        }
        if !found.isEmpty || isFailing { return found }
        // It may be a store that cannot be read that knows of it.
        throw services.lazy.compactMap { availability.reasons[$0.name] }.first
            ?? SubscriberRemovalError.notFound(id: id)
    }

    private func service(of id: String) -> Service? {
        services.first { $0.subscribers.contains { $0.id == id } }
    }

    private func subscriber(formerly id: String) -> (any Subscriber)? {
        services.lazy.flatMap(\.subscribers).first { $0.formerIDs.contains(id) }
    }
}
