/// What a store knows of itself and of the other stores, read in one transaction.
///
/// Stores check one another, because none can see by itself that it is an older copy. Every store
/// that has handled another one's messages remembers how far it had come (``SourcePosition``), and
/// every store that has delivered messages remembers how far the other had handled them
/// (``SubscriberPosition``). A store that knows less of itself than another one knows of it has
/// gone back.
struct StoreFacts {
    /// The name of the service whose store it should be.
    let service: String
    let identity: StoreIdentity
    let acceptances: [StoreAcceptance]
    /// How far this store's inbox has seen the outboxes of others.
    let sources: [SourcePosition]
    /// How far others have handled what this store's outbox has delivered.
    let subscribers: [SubscriberPosition]
    /// By table: the highest number that was given out.
    let counters: [String: Int]
    /// By source: when the last message was handled, where its digest is not known because it came
    /// before there were digests.
    let handled: [String: Timestamp]
    /// By source: the number up to which the inbox's rows were purged, the highest of any
    /// subscriber.
    let purged: [String: Int]

    init(_ transaction: any Transaction) throws {
        let identities = Identities(transaction)
        let positions = Positions(transaction)
        service = transaction.storeName
        identity = try identities.own()
        acceptances = try identities.acceptances()
        sources = try positions.sources()
        subscribers = try positions.subscribers()
        counters = try transaction.counters()
        var handled: [String: Timestamp] = [:]
        for position in sources where position.digest == nil {
            let last = MessageID(service: position.source, number: position.through)
            handled[position.source] = try Inbox(transaction).firstHandled(last)
        }
        self.handled = handled
        purged = try Inbox(transaction).positions().reduce(into: [:]) { purged, position in
            purged[position.source] = max(purged[position.source] ?? 0, position.through)
        }
    }

    /// The number of the last message that the store has sent, also when it was purged; 0 when
    /// there was none.
    var lastMessage: Int { counters["message"] ?? 0 }

    /// Whether others may know the store by this incarnation: its present one, or one that was
    /// replaced when a copy was accepted.
    func isKnown(as incarnation: String) -> Bool {
        identity.incarnation == incarnation
            || acceptances.contains { $0.incarnation == incarnation }
    }

    /// How far the store has seen another one's outbox; nil when it has handled nothing of it.
    func position(of source: String) -> SourcePosition? {
        sources.first { $0.source == source }
    }
}

/// Compares the facts of all stores of a system that can be used.
///
/// Each pair of stores is compared twice, in both directions, and each time in two respects: what
/// an inbox knows of an outbox, and what an outbox knows of an inbox. The work grows with the
/// square of the number of services, but needs no further read, except of one message row for each
/// pair.
struct StoreComparison {
    /// The facts, in the order of the services.
    let stores: [StoreFacts]

    /// Everything that does not fit together. If a store belongs to another system, only that is
    /// told: what such a store says of the others means nothing.
    ///
    /// - Parameters:
    ///   - service: only what is between this one's store and another; all when nil.
    ///   - stamp: tells what a message's row says, or nil when it is not there any more.
    func mismatches(
        concerning service: String? = nil, stamp: (MessageID) throws -> MessageStamp?
    ) throws -> [StoreError] {
        let foreign = misplaced + ofOtherSystems
        if !foreign.isEmpty { return foreign }
        return try stores.flatMap { store in
            try stores.filter { other in
                other.service != store.service
                    && (service == nil || service == store.service || service == other.service)
            }.flatMap { other in
                try [
                    disagreement(of: other, aboutOutboxOf: store, stamp),
                    disagreement(of: other, aboutInboxOf: store),
                ].compactMap { $0 }
            }
        }
    }

    /// The system that most of the stores belong to, and of several that are equally frequent the
    /// first one's; nil when no store belongs to any.
    var system: String? {
        let systems = stores.compactMap(\.identity.system)
        let counts = Dictionary(systems.map { ($0, 1) }, uniquingKeysWith: +)
        // On a tie, the system of the first store.
        guard let most = counts.values.max() else { return nil }
        return systems.first { counts[$0] == most }
    }

    /// Stores that lie where the store of another service should be.
    private var misplaced: [StoreError] {
        stores.filter { $0.identity.service != $0.service }.map {
            .ofOtherSystem(
                service: $0.service, detail: "it is the store of the service \($0.identity.service)"
            )
        }
    }

    /// Stores that belong to another system than most. A new store belongs to none, and fits
    /// anywhere.
    private var ofOtherSystems: [StoreError] {
        let system = system
        return stores.filter { $0.identity.system != nil && $0.identity.system != system }.map {
            .ofOtherSystem(
                service: $0.service, detail: "it was made for another system than the other stores")
        }
    }

    /// What the inbox of `other` knows of the outbox of `store` that the outbox does not confirm.
    ///
    /// In this order: a message with a higher number than the last one; another copy of the store;
    /// the same number with other content; a counter that was higher; and rows purged from the
    /// inbox for messages that were never sent. Each alone proves that the store has gone back, and
    /// a copy that has grown since is caught by the later ones.
    private func disagreement(
        of other: StoreFacts, aboutOutboxOf store: StoreFacts,
        _ stamp: (MessageID) throws -> MessageStamp?
    ) throws -> StoreError? {
        func rolledBack(_ detail: String) -> StoreError {
            .rolledBack(service: store.service, detail: detail)
        }
        guard let seen = other.position(of: store.service) else { return nil }
        let message = MessageID(service: store.service, number: seen.through)
        if seen.through > store.lastMessage {
            return rolledBack(
                "its last message has number \(store.lastMessage), and \(other.service) has seen "
                    + "\(message)")
        }
        if let incarnation = seen.incarnation, !store.isKnown(as: incarnation) {
            return rolledBack("\(other.service) knows another copy of it")
        }
        if let actual = try stamp(message),
            seen.digest.map({ $0 != actual.digest })
                // Handled before there were digests: then at least it was sent before it was
                // handled.
                ?? other.handled[store.service].map({ $0 < actual.sent }) ?? false
        {
            return rolledBack("\(other.service) has handled \(message) with other content")
        }
        let behind = seen.counters.filter { store.counters[$0.key] ?? 0 < $0.value }
        if let (table, value) = behind.min(by: { $0.key < $1.key }) {
            return rolledBack(
                "it has numbered \(store.counters[table] ?? 0) rows of \(table), and when "
                    + "\(other.service) last saw it, \(value)")
        }
        if let purged = other.purged[store.service], purged > store.lastMessage {
            return rolledBack(
                "its last message has number \(store.lastMessage), and \(other.service) has handled "
                    + "\(MessageID(service: store.service, number: purged))")
        }
        return nil
    }

    /// What the outbox of `other` has delivered that the inbox of `store` does not know of.
    private func disagreement(
        of other: StoreFacts, aboutInboxOf store: StoreFacts
    ) -> StoreError? {
        guard
            let delivered = other.subscribers.first(where: { $0.service == store.service })
        else { return nil }
        let message = MessageID(service: other.service, number: delivered.through)
        if delivered.incarnation != store.identity.incarnation {
            // An incarnation from before the copy was accepted: what was lost is known.
            return store.isKnown(as: delivered.incarnation)
                ? nil
                : .rolledBack(
                    service: store.service, detail: "\(other.service) knows another copy of it")
        }
        guard delivered.through > store.position(of: other.service)?.through ?? 0 else {
            return nil
        }
        return .rolledBack(
            service: store.service,
            detail: "\(message) was delivered to it, and it does not know it")
    }
}
