/// Why a subscriber was not removed. Nothing was changed.
public enum SubscriberRemovalError: Error, Hashable, Sendable {
    /// The program has it, in this service. Remove it from the program first.
    case isKnown(id: String, service: String)
    /// It is a former id of a subscriber of the program: what stores know of it follows that one.
    case isFormerID(id: String, of: String)
    /// No store knows of it.
    case notFound(id: String)
}

/// What was deleted with a subscriber.
public struct SubscriberRemoval: Hashable, Sendable {
    /// The subscriber's id.
    public let id: String
    /// How many rows of inboxes were deleted.
    public let handled: Int
    /// How many dead letters were deleted. What they have held is delivered next.
    public let parked: Int
    /// How many stashed commands were deleted. Their sagas get no reply, and wait until a deadline
    /// or an operator ends that. Commands that another subscriber of the service receives stay, for
    /// that one.
    public let stashed: Int
}

extension Relay {
    /// Removes all that stores know of a subscriber that the program no longer has.
    ///
    /// Until then, messages that it may have missed are kept for it by every purge, its dead
    /// letters stay, and what is behind them is held. Removed are the rows of what it has handled,
    /// its dead letters and the commands that it has stashed. A subscriber of that id that comes
    /// again later is a new one.
    ///
    /// It works in one small transaction for each store. The rows by which the subscriber is found
    /// are deleted last, so after a crash it can be called again. No relay may run beside it.
    ///
    /// - Parameters:
    ///   - id: the id of the subscriber.
    ///   - availability: notes which services are away.
    /// - Returns: how much was deleted.
    /// - Throws: ``SubscriberRemovalError``; a ``StoreError`` when only a store that is away may
    ///   know of it. Nothing was changed then.
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

    /// Checks that a subscriber can be removed, for a dry run too.
    ///
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
        // Dead letters of messages that nobody receives have an empty id.
        if id.isEmpty { throw SubscriberRemovalError.notFound(id: id) }
        let found = try subscriptions(availability).filter { $0.id == id }
        let isFailing = try services.contains { source in
            try availability.attempt(source.store) {
                try $0.read { try Outbox($0).hasTroubles(of: id) }
            } ?? false
        }
        if !found.isEmpty || isFailing { return found }
        // Nobody knows it; but a store that is away might.
        throw services.lazy.compactMap { availability.reasons[$0.name] }.first
            ?? SubscriberRemovalError.notFound(id: id)
    }
}
