/// What stores know of a subscriber, whether the program has it or an earlier program had it.
///
/// An operator looks here for subscribers that are not known any more, and removes them with
/// ``Relay/remove(subscriber:_:)``.
public struct SubscriberStatus: Hashable, Sendable {
    /// The subscriber's id.
    public let id: String
    /// The service in whose store it works; nil when only senders know of it, by dead letters.
    public let service: String?
    /// Whether the program has it, by this id or by a former one. No relay delivers to any other.
    public let isKnown: Bool
    /// The present id when this is a former one of a subscriber of the program; nil otherwise.
    public let presentID: String?
    /// Since when it listens to each source; empty before a relay has seen it.
    public let subscriptions: [Subscription]
    /// How many messages it has handled, without those whose rows were purged.
    public let handled: Int
    /// How many deliveries to it are parked.
    ///
    /// Senders know a subscriber by its id only. If several stores know the id, the dead letters
    /// are counted once: for the service that has the subscriber, otherwise for the first.
    public let parked: Int
    /// How many commands it has stashed that no subscriber of the program would resume.
    public let stashed: Int
}

extension Relay {
    /// The subscribers of the program and the others that stores know of, in the order of services
    /// and then of ids.
    ///
    /// Subscribers of services that are away are left out. It counts the rows of every inbox, so it
    /// takes time where they are long.
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
                    return try (
                        subscriptions.all(), subscriptions.handledCounts(),
                        subscriptions.stashedCounts(except: service.subscribers)
                    )
                }
            }
            guard let (rows, handled, stashed) = facts else { continue }
            let present = service.subscribers.map(\.id)
            let others = Set(rows.map(\.subscriber)).union(handled.keys).subtracting(present)
            for id in present + others.sorted() {
                let home = self.service(of: id)?.name
                let isCounted =
                    home == nil ? !statuses.contains { $0.id == id } : home == service.name
                statuses.append(
                    status(
                        id, service.name, rows.filter { $0.subscriber == id }, handled[id] ?? 0,
                        isCounted ? parked[id] ?? 0 : 0, stashed[id] ?? 0))
            }
        }
        let listed = Set(statuses.map(\.id))
        // Of a renamed one whose rows have followed it, it is only known that it was there.
        statuses.removeAll { $0.presentID != nil && $0.handled == 0 && $0.parked == 0 }
        return statuses
            + parked.filter { !listed.contains($0.key) && service(of: $0.key) == nil }
            .sorted { $0.key < $1.key }.map { status($0.key, nil, [], 0, $0.value, 0) }
    }

    /// A status; whether the id is known is found out here.
    private func status(
        _ id: String, _ service: String?, _ rows: [Subscription], _ handled: Int, _ parked: Int,
        _ stashed: Int
    ) -> SubscriberStatus {
        let presentID = subscriber(formerly: id)?.id
        return SubscriberStatus(
            id: id, service: service, isKnown: presentID != nil || self.service(of: id) != nil,
            presentID: presentID, subscriptions: rows, handled: handled, parked: parked,
            stashed: stashed)
    }

    /// The service of the program that has this subscriber; nil when none has.
    func service(of id: String) -> Service? {
        services.first { $0.subscribers.contains { $0.id == id } }
    }

    /// The subscriber of the program that had this id before; nil when none had.
    func subscriber(formerly id: String) -> (any Subscriber)? {
        services.lazy.flatMap(\.subscribers).first { $0.formerIDs.contains(id) }
    }
}
