/// What a purge may delete.
///
/// ```swift
/// let report = try relay.purge(PurgeBounds(olderThan: .seconds(30 * 24 * 3600)))
/// ```
public struct PurgeBounds: Hashable, Sendable {
    /// Only what is at least this old, by the clock of its store; nil for any age. Idempotency keys
    /// are deleted by their age alone, so without this all of them stay.
    public var olderThan: Duration?
    /// Only the store of this service; nil for all.
    public var service: String?
    /// Only the messages of outboxes, and neither inboxes, sagas nor keys.
    public var isOfOutboxesOnly: Bool
    /// How many rows are read at a time, and share a transaction, at the most.
    package var page = 500

    /// These bounds; by default everything that nobody needs, of any age, except idempotency keys.
    public init(
        olderThan: Duration? = nil, service: String? = nil, isOfOutboxesOnly: Bool = false
    ) {
        self.olderThan = olderThan
        self.service = service
        self.isOfOutboxesOnly = isOfOutboxesOnly
    }
}

extension Relay {
    /// Deletes what nobody needs any more: messages that every subscriber has handled, rows of
    /// inboxes whose message cannot come again, sagas that have ended and left nothing behind, and
    /// idempotency keys.
    ///
    /// Each deletion is proved by what the stores say, and not by a mark alone. Deleted rows are
    /// not archived; a purge with ``PurgeBounds/olderThan`` keeps the recent past for explanations.
    ///
    /// It works in small transactions, each of one store, and in such an order that every state in
    /// between is sound: it may be killed at any instant, and is then run again. No relay may run
    /// beside it (`RelayLock` of TramSQLite sees to that); services may send.
    ///
    /// While a service is away nothing is deleted, nor by a relay that connects only a part of the
    /// system: it does not know who else needs a message. If a store is older than others know it,
    /// all of that store is kept, and so is what others have handled of its messages.
    ///
    /// It reads every outbox and inbox from the beginning.
    ///
    /// - Parameters:
    ///   - bounds: what it may delete.
    ///   - availability: notes which services are away.
    /// - Returns: what was deleted, and who holds the rest.
    /// - Throws: ``StoreError/ofOtherSystem(service:detail:)``, with nothing changed; another
    ///   ``StoreError`` in the middle, with complete transactions done.
    public func purge(
        _ bounds: PurgeBounds = PurgeBounds(), _ availability: Availability = Availability()
    ) throws -> PurgeReport {
        let chosen = services.filter { bounds.service == nil || bounds.service == $0.name }
        var report = PurgeReport(freed: chosen.map { PurgeReport.Freed(service: $0.name) })
        let facts = try services.compactMap { service in
            try availability.attempt(service.store) { try $0.read(StoreFacts.init) }
        }
        report.missing = missingServices(facts, availability)
        guard isWholeSystem, report.missing.isEmpty else {
            report.freed = []
            return report
        }
        let rolledBack = try rolledBackServices(facts)
        for service in chosen where rolledBack.contains(service.name) {
            report.keep(PurgeHold(service.name, .store, .rolledBack, count: 0))
        }
        let sound = chosen.filter { !rolledBack.contains($0.name) }
        if rolledBack.isEmpty { try followRenamedSubscribers(availability) }
        for service in sound {
            try OutboxPurge(
                relay: self, source: service, sentUpTo: time(bounds, of: service),
                page: bounds.page
            ).run(&report)
        }
        if !bounds.isOfOutboxesOnly {
            let sources = services.filter { !rolledBack.contains($0.name) }
            for service in sound { try purgeRest(of: service, sources, bounds, &report) }
        }
        report.sortHolds()
        return report
    }

    /// Purges everything but the outbox. Outboxes come first, so that fewer messages are left to
    /// look through for the inboxes.
    private func purgeRest(
        of service: Service, _ sources: [Service], _ bounds: PurgeBounds,
        _ report: inout PurgeReport
    ) throws {
        let time = try time(bounds, of: service)
        for subscriber in service.subscribers {
            try InboxPurge(
                service: service, subscriber: subscriber, sources: sources, handledUpTo: time,
                page: bounds.page
            ).run(&report)
        }
        try SagaPurge(
            relay: self, service: service, endedUpTo: time, page: max(1, bounds.page / 5)
        ).run(&report)
        if let time {
            let keys = IdempotencyKeyPurge(
                store: service.store, olderThan: time, page: bounds.page)
            report.free(try keys.run(), \.keys, of: service.name)
        }
    }

    /// The latest time of what is old enough, by the clock of the service's store; nil when
    /// everything is.
    private func time(_ bounds: PurgeBounds, of service: Service) throws -> Timestamp? {
        guard let age = bounds.olderThan else { return nil }
        let now = try service.store.read { $0.now }
        return now + (.zero - age)
    }

    /// The services that are away, and those that stores know as members of the system and the
    /// relay does not connect.
    private func missingServices(
        _ facts: [StoreFacts], _ availability: Availability
    ) -> [String] {
        let names = services.map(\.name)
        let unconnected = Set(facts.flatMap(\.identity.members)).subtracting(names)
        return names.filter { !availability.includes($0) } + unconnected.sorted()
    }

    /// The services whose stores are older than others know them.
    ///
    /// - Throws: the first mismatch of another kind.
    private func rolledBackServices(_ facts: [StoreFacts]) throws -> Set<String> {
        let mismatches = try StoreComparison(stores: facts).mismatches { message in
            try services.first { $0.name == message.service }?.store.read {
                try Outbox($0).stamp(of: message.number)
            }
        }
        return try mismatches.reduce(into: []) { services, mismatch in
            guard case .rolledBack(let service, _) = mismatch else { throw mismatch }
            services.insert(service)
        }
    }
}
