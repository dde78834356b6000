/// What ``Relay/accept(_:incarnation:)`` has changed in a store that was put back from an older
/// copy.
public struct AcceptanceReport: Hashable, Sendable {
    /// The service whose store it is.
    public let service: String
    /// By table: the highest number that the store had given out, and the one that it goes on from.
    /// Tables whose counter did not change are left out.
    public let raised: [String: Raise]
    /// The messages whose number other stores had known with other content, and those that follow
    /// them in the order of their aggregate, with the numbers that they have now.
    public let renumbered: [Renumbering]
    /// The aggregates that may bear a number which a lost one has had. Other services may take one
    /// for the other; whether they do is for the operator to find out.
    public let reused: [ReusedAggregate]

    /// Whether the store fitted the others already, so that nothing was done.
    public let isUnchanged: Bool

    /// The counter of a table before and after.
    public struct Raise: Hashable, Sendable {
        /// What the counter was.
        public let from: Int
        /// What it is now.
        public let to: Int
    }

    /// The id of a message before and after.
    public struct Renumbering: Hashable, Sendable {
        /// The id that the message had.
        public let from: MessageID
        /// The id that it has now.
        public let to: MessageID
    }
}

extension Relay {
    /// Goes on from an older copy of a service's store that was put back, for example from a
    /// backup.
    ///
    /// A relay refuses such a store with ``StoreError/rolledBack(service:detail:)``, because it
    /// would give out numbers for a second time: other services would take its new messages for
    /// duplicates of the lost ones, and never handle them. Accepting makes the copy a store that
    /// others can trust again:
    ///
    /// - Every counter of the store is raised above all that others have ever seen of it, so that
    ///   no number is used for two things.
    /// - Messages that an inbox knows with other content get new numbers, and so do those behind
    ///   them in the order of their aggregate; all others keep theirs. What refers to one in the
    ///   store follows.
    /// - The store begins a new incarnation, which remembers what numbers are lost.
    ///
    /// The lost transactions do not come back. What the store's own inbox has lost, other services
    /// have published: ``redeliver(to:from:)`` brings it again.
    ///
    /// ```swift
    /// let report = try relay.accept(orders, incarnation: UUID().uuidString)
    /// for subscriber in orders.subscribers {
    ///     try relay.redeliver(to: subscriber.id)
    /// }
    /// ```
    ///
    /// All stores must be readable. The comparison reads every store once; the search for messages
    /// with other content reads the accepted store's outbox from its beginning, and asks every
    /// other inbox for each message.
    ///
    /// Each step can be made again: a process that dies in between leaves either the old copy, with
    /// some extra inbox entries for numbers that do not exist yet, or the accepted store.
    ///
    /// - Parameters:
    ///   - service: the service whose store was put back; one of the relay's.
    ///   - incarnation: a random text for the new incarnation, never used before.
    /// - Returns: what was changed.
    /// - Throws: ``StoreError/ofOtherSystem(service:detail:)`` when a store does not belong to the
    ///   system, and any ``StoreError`` of a store that cannot be read; the store has not changed
    ///   then.
    public func accept(_ service: Service, incarnation: String) throws -> AcceptanceReport {
        // Others may write to the store meanwhile. Then plan again, with numbers behind those that
        // inboxes have been told of.
        var last = 0
        while true {
            guard let plan = try planAcceptance(of: service, numberingAfter: last) else {
                return AcceptanceReport(
                    service: service.name, raised: [:], renumbered: [], reused: [],
                    isUnchanged: true)
            }
            try adopt(plan.renumbered, of: service)
            let isDone = try service.store.write { transaction in
                guard try transaction.counters() == plan.before else { return false }
                try plan.apply(as: incarnation, in: transaction)
                return true
            }
            if isDone { return plan.report }
            last = plan.after["message"] ?? 0
        }
    }

    /// Compares all stores and plans the acceptance; nil when no store finds the service's store
    /// rolled back.
    ///
    /// - Parameter last: new numbers begin behind this one. An earlier plan may already have told
    ///   other inboxes of numbers up to it.
    private func planAcceptance(
        of service: Service, numberingAfter last: Int
    ) throws -> AcceptancePlan? {
        let stores = try services.map { try $0.store.read(StoreFacts.init) }
        let mismatches = try StoreComparison(stores: stores).mismatches { message in
            try services.first { $0.name == message.service }?.store.read {
                try Outbox($0).stamp(of: message.number)
            }
        }
        for mismatch in mismatches {
            if case .ofOtherSystem = mismatch { throw mismatch }
        }
        let concerns = mismatches.contains {
            if case .rolledBack(service.name, _) = $0 { true } else { false }
        }
        guard concerns, let own = stores.first(where: { $0.service == service.name }) else {
            return nil
        }
        // From here on, inboxes are asked by the present ids of subscribers.
        try followRenamedSubscribers(Availability())
        let others = stores.filter { $0.service != service.name }
        var after = raisedCounters(of: own, seenBy: others)
        after["message"] = max(after["message"] ?? 0, last)
        // The highest number of any row, messages apart, that others can know of.
        let lastRow =
            others.compactMap { $0.position(of: own.service)?.counters }.joined()
            .filter { $0.key != "message" }.map(\.value).max() ?? 0
        let (renumbered, reused) = try renumberings(
            in: service, after: &after["message", default: 0])
        return AcceptancePlan(
            service: service.name, before: own.counters, after: after, renumbered: renumbered,
            reused: reused.filter { Int($0.id).map { $0 <= lastRow } ?? true },
            known: unknownIncarnations(of: own, to: others))
    }

    /// The store's counters, raised to the highest value that any other store has seen: in the
    /// counters that came with its messages, in the last message handled, or in what was purged
    /// from an inbox.
    private func raisedCounters(
        of own: StoreFacts, seenBy others: [StoreFacts]
    ) -> [String: Int] {
        var counters = own.counters
        for position in others.compactMap({ $0.position(of: own.service) }) {
            counters.merge(position.counters, uniquingKeysWith: max)
            counters.merge(["message": position.through], uniquingKeysWith: max)
        }
        for through in others.compactMap({ $0.purged[own.service] }) {
            counters.merge(["message": through], uniquingKeysWith: max)
        }
        return counters
    }

    /// The incarnations by which others know the store; at least its present one, which is over.
    private func unknownIncarnations(
        of own: StoreFacts, to others: [StoreFacts]
    ) -> Set<String> {
        let seen = others.compactMap { $0.position(of: own.service)?.incarnation }
        let delivered = others.flatMap(\.subscribers).filter { $0.service == own.service }
            .map(\.incarnation)
        return Set(seen + delivered + [own.identity.incarnation])
            .subtracting(own.acceptances.map(\.incarnation))
    }

    // MARK: Messages with new numbers

    /// Walks through the whole outbox in the order of its numbers, and decides which messages need
    /// a new one: those that another inbox knows with other content, and the unpublished ones of
    /// the same aggregate behind such a message, as long as no inbox knows them. Otherwise a
    /// message that keeps its low number would overtake its renumbered predecessor.
    ///
    /// - Parameter last: the highest number in use; afterwards the highest new one.
    private func renumberings(
        in service: Service, after last: inout Int
    ) throws -> (renumbered: [AcceptanceReport.Renumbering], reused: [ReusedAggregate]) {
        var renumbered: [AcceptanceReport.Renumbering] = []
        var reused: [ReusedAggregate] = []
        var moved = AggregateOrder()
        // Aggregates of which an earlier message keeps its number.
        var old = AggregateOrder()
        var after = 0
        while true {
            let page = try service.store.read {
                try Outbox($0).messages(after: after, limit: chunk)
            }
            guard let end = page.last else { return (renumbered, reused) }
            for entry in page {
                let message = entry.message
                let isBehind = !entry.isPublished && moved.holds(message, for: nil)
                let isConflict = try isKnownOtherwise(message, of: service)
                guard try isConflict || isBehind && !isKnown(message, of: service) else {
                    old.holdBackSuccessors(of: message, for: nil)
                    continue
                }
                if message.isEvent, !moved.holds(message, for: nil), !old.holds(message, for: nil) {
                    reused.append(
                        ReusedAggregate(channel: message.destination, id: message.partitionID))
                }
                moved.holdBackSuccessors(of: message, for: nil)
                last += 1
                renumbered.append(
                    AcceptanceReport.Renumbering(
                        from: message.id, to: MessageID(service: service.name, number: last)))
            }
            after = end.message.id.number
        }
    }

    /// Whether another inbox knows a message of this id with other content.
    private func isKnownOtherwise(_ message: Message, of service: Service) throws -> Bool {
        guard let digest = message.digest else { return false }
        return try entries(of: message, except: service).contains {
            $0.isOther(digest: digest, sent: message.sent)
        }
    }

    /// Whether another inbox has the message, with whatever content.
    private func isKnown(_ message: Message, of service: Service) throws -> Bool {
        try !entries(of: message, except: service).isEmpty
    }

    /// The entries of a message in the inboxes of all other services.
    private func entries(of message: Message, except source: Service) throws -> [InboxEntry] {
        try services.filter { $0.name != source.name }.flatMap { service in
            try service.store.read { transaction in
                try service.subscribers.compactMap {
                    try Inbox(transaction).entry(message.id, for: $0.id)
                }
            }
        }
    }

    /// Lets inboxes that have handled a renumbered message know it by its new number as well.
    ///
    /// One inbox may have handled the lost message of a number, and another the one that is still
    /// there. The second must not handle it again when it comes with its new number. These entries
    /// are written before the store is changed. If the process dies in between, the next plan gives
    /// the same messages the same numbers, since it is made from the same rows; an entry that
    /// exists already stays.
    private func adopt(
        _ renumbered: [AcceptanceReport.Renumbering], of source: Service
    ) throws {
        for service in services where service.name != source.name {
            for renumbering in renumbered {
                let digest = try source.store.read {
                    try Outbox($0).stamp(of: renumbering.from.number)?.digest
                }
                let knowing = try service.store.read { transaction in
                    try service.subscribers.map(\.id).filter {
                        let entry = try Inbox(transaction).entry(renumbering.from, for: $0)
                        return entry?.digest != nil && entry?.digest == digest
                    }
                }
                if knowing.isEmpty { continue }
                try service.store.write { transaction in
                    for subscriber in knowing {
                        try Inbox(transaction).copy(
                            renumbering.from, as: renumbering.to, for: subscriber)
                    }
                }
            }
        }
    }
}
