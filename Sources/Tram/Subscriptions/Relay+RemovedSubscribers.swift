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
    /// How many commands are gone that it had set aside until a lock is free: their sagas get no reply,
    /// and are stuck. Those that another subscriber of the service receives stay, for that one.
    public let stashed: Int
}

extension Relay {
    /// Removes all that stores know of a subscriber that the program no longer has: what it has handled,
    /// the dead letters that it has left, and the commands that it has set aside. Messages that were held
    /// by them are looked at by the next relay, and what was published without it is kept for it no
    /// longer. A subscriber of that id that comes again is a new one.
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
                try store.write { transaction in
                    // By the rows that go after them it is known that they are its own.
                    try Subscriptions(transaction).dropStashed(
                        by: id, except: service.subscribers)
                    try Subscriptions(transaction).remove(id)
                }
            }
        }
        return SubscriberRemoval(
            id: id, handled: before.reduce(0) { $0 + $1.handled },
            parked: before.map(\.parked).max() ?? 0,
            stashed: before.reduce(0) { $0 + $1.stashed })
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
}
