/// How a subscriber that no relay has seen before begins, and how one that was absent catches up.
///
/// What a subscriber has missed is made pending again in the outbox, for it alone (table
/// `redelivery`), and from there on is delivered like any other message. Two stores take part: the
/// outbox, where messages become pending, and the subscriber's store, which records that it has
/// begun. The outbox always comes first. After a crash between the two, the messages are looked for
/// again, and are pending already; in the other order, they would be lost.
extension RelayRun {
    /// Lets every subscriber begin that has not, at every source, brings what others have missed,
    /// and lets what stores know of a renamed one follow it.
    ///
    /// A source or a subscriber that is away begins later. When there is nothing to do, it reads
    /// each store once.
    ///
    /// - Returns: the number of the last message that is not for the subscriber, for each
    ///   subscription that does not begin at the beginning.
    func beginSubscriptions() throws -> [Subscription.Key: Int] {
        try relay.followRenamedSubscribers(availability)
        let absences = try absences()
        var after: [Subscription.Key: Int] = [:]
        // Also those without a subscriber: another program may have had one there.
        for service in services {
            let begun = try availability.attempt(service.store) {
                try $0.read { try Subscriptions($0).all() }
            }
            guard let begun else { continue }
            for subscription in begun where subscription.after > 0 {
                after[subscription.key] = subscription.after
            }
            try bringMissed(begun, of: service)
            if let beginnings = try begin(at: service, begun) {
                for one in beginnings where one.after > 0 { after[one.key] = one.after }
                try bringPublished(without: service, absences)
            }
        }
        return after
    }

    /// Lets a service's subscribers begin that have not.
    ///
    /// - Returns: what they begin with; nil when the service is away.
    private func begin(at service: Service, _ begun: [Subscription]) throws -> [Beginning]? {
        let beginnings = try beginnings(at: service, begun)
        if beginnings.isEmpty { return [] }
        let isDone: Void? = try availability.attempt(service.store) { store in
            try store.write { transaction in
                for one in beginnings {
                    try Subscriptions(transaction).begin(
                        one.key.subscriber, at: one.key.source, one.begins, after: one.after)
                }
            }
        }
        return isDone.map { beginnings }
    }

    /// Where a subscription begins: after the message of this number.
    private struct Beginning {
        let key: Subscription.Key
        let begins: SubscriptionStart
        let after: Int
    }

    /// Where a service's subscribers begin that have not. When this returns, the messages that they
    /// are to get are pending.
    private func beginnings(
        at service: Service, _ begun: [Subscription]
    ) throws -> [Beginning] {
        let keys = Set(begun.map(\.key))
        var beginnings: [Beginning] = []
        for subscriber in service.subscribers {
            let missing = services.filter {
                !keys.contains(Subscription.Key(subscriber: subscriber.id, source: $0.name))
            }
            if missing.isEmpty { continue }
            // Stores of before version 4 have no subscriptions: there, what was handled shows that
            // it began.
            let hasBegunBefore =
                try !begun.contains { $0.subscriber == subscriber.id }
                && availability.attempt(service.store) {
                    try $0.read { try Subscriptions($0).hasHandledAnything(subscriber.id) }
                } ?? false
            for source in missing {
                let key = Subscription.Key(subscriber: subscriber.id, source: source.name)
                if hasBegunBefore {
                    beginnings.append(Beginning(key: key, begins: .beginning, after: 0))
                } else if let after = try prepareBeginning(
                    of: subscriber, in: service, at: source,
                    since: begun.filter { $0.subscriber == subscriber.id }.map(\.began).min())
                {
                    beginnings.append(Beginning(key: key, begins: subscriber.begins, after: after))
                }
            }
        }
        return beginnings
    }

    /// Makes pending what a new subscriber is to get of a source, and finds where it begins.
    ///
    /// - Parameters:
    ///   - subscriber: the new subscriber.
    ///   - service: its service.
    ///   - source: the sender.
    ///   - firstSeen: when a relay saw the subscriber for the first time, at another source; nil
    ///     when none has. What this source has sent since then is for it, too.
    /// - Returns: the number of the last message that is not for the subscriber; nil when the
    ///   source is away.
    private func prepareBeginning(
        of subscriber: any Subscriber, in service: Service, at source: Service,
        since firstSeen: Timestamp?
    ) throws -> Int? {
        switch subscriber.begins {
        case .now:
            return try availability.attempt(source.store) { store in
                guard let firstSeen else {
                    return try store.read { try $0.counters()["message"] ?? 0 }
                }
                let after = try store.read { try Outbox($0).lastBefore(firstSeen) }
                // Others may have had it, and so it is published.
                try reopenEvents(for: subscriber, of: service, from: source, store, after: after)
                return after
            }
        case .beginning:
            return try availability.attempt(source.store) { store in
                try reopenEvents(for: subscriber, of: service, from: source, store, after: 0)
                return 0
            }
        }
    }

    /// Makes the events of a source that a subscriber has not handled pending again, for it alone,
    /// a page in each transaction. Commands and replies are for one receiver, and are left out.
    private func reopenEvents(
        for subscriber: any Subscriber, of service: Service, from source: Service,
        _ store: any Store, after number: Int
    ) throws {
        var isAnythingPending = false
        try relay.forEachUnhandled(
            by: subscriber, of: service, from: source, after: number, onlyEvents: true
        ) { messages in
            isAnythingPending = true
            try store.write { try Outbox($0).markUnpublished(messages, for: subscriber.id) }
        }
        if isAnythingPending {
            try store.write { try Outbox($0).noteRedelivery(to: subscriber.id) }
        }
    }

    // MARK: Programs with other subscribers, and services that were away

    /// Keeps account of subscribers that stores know and this program does not have, and brings to
    /// those that it does have what they have missed.
    ///
    /// A program without a subscriber publishes messages without it. Before it does so for the
    /// first time, it notes in the subscriber's store from which number on (`missed_after`). When a
    /// program has the subscriber again, the events after that number become pending for it, and
    /// the note is removed.
    private func bringMissed(
        _ begun: [Subscription], of service: Service
    ) throws {
        let present = Dictionary(uniqueKeysWithValues: service.subscribers.map { ($0.id, $0) })
        let former = Set(services.flatMap(\.subscribers).flatMap(\.formerIDs))
        for subscription in begun where !former.contains(subscription.subscriber) {
            guard let source = services.first(where: { $0.name == subscription.source }) else {
                continue
            }
            let missedAfter: Int??
            switch (present[subscription.subscriber], subscription.missedAfter) {
            case (nil, nil):
                missedAfter = try availability.attempt(source.store) { store -> Int? in
                    try store.read { try Outbox($0).lastBeforeUnpublished() }
                }
            case (let subscriber?, let number?):
                missedAfter = try availability.attempt(source.store) { store -> Int? in
                    try reopenEvents(
                        for: subscriber, of: service, from: source, store, after: number)
                    return nil
                }
            default: continue
            }
            guard let missedAfter else { continue }
            _ = try availability.attempt(service.store) { store in
                try store.write {
                    try Subscriptions($0).note(subscription.key, missedAfter: missedAfter)
                }
            }
        }
    }

    /// What each source that can be read has noted of absent services: see
    /// ``Outbox/absentServices()``.
    private func absences() throws -> [(source: Service, after: [String: Int])] {
        try services.compactMap { source in
            let after = try availability.attempt(source.store) {
                try $0.read { try Outbox($0).absentServices() }
            }
            return after.map { (source, $0) }
        }
    }

    /// Brings to the subscribers of a service that was away what was published meanwhile.
    ///
    /// Its store could not say then which subscribers there are; now it can. Those of the program
    /// get the messages; for the others it is noted that they have missed them. Only when all of
    /// them are provided for is the absence forgotten.
    private func bringPublished(
        without service: Service, _ absences: [(source: Service, after: [String: Int])]
    ) throws {
        let former = Set(services.flatMap(\.subscribers).flatMap(\.formerIDs))
        for (source, absences) in absences {
            guard let after = absences[service.name] else { continue }
            let begun = try availability.attempt(service.store) {
                try $0.read { try Subscriptions($0).all() }
            }
            guard let begun else { return }
            var isSettled = true
            for subscription in begun
            where subscription.source == source.name && !former.contains(subscription.subscriber) {
                let isDone: Void?
                if let subscriber = service.subscribers.first(where: {
                    $0.id == subscription.subscriber
                }) {
                    isDone = try availability.attempt(source.store) {
                        try reopenEvents(
                            for: subscriber, of: service, from: source, $0,
                            after: max(after, subscription.after))
                    }
                } else if subscription.missedAfter.map({ $0 <= after }) ?? false {
                    isDone = ()
                } else {
                    isDone = try availability.attempt(service.store) { store in
                        try store.write {
                            try Subscriptions($0).note(subscription.key, missedAfter: after)
                        }
                    }
                }
                isSettled = isSettled && isDone != nil
            }
            guard isSettled else { continue }
            _ = try availability.attempt(source.store) { store in
                try store.write { try Outbox($0).forget(absent: service.name) }
            }
        }
    }
}
