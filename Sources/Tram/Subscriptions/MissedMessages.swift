/// Published messages that subscribers of the program have not handled, although nothing is wrong.
///
/// Audits compare outboxes with inboxes, and would report them as lost. There are three such cases:
///
/// * A subscriber has not begun: no relay has run since it was added.
/// * Another program, which does not have the subscriber, has published messages without it.
/// * The subscriber begins with ``SubscriptionStart/now``, and the messages are older.
///
/// The next relay brings the messages of the first two cases; those of the third are never brought.
package struct MissedMessages: Sendable {
    /// The number after which a subscriber may have missed messages of a source. It has missed none
    /// where there is no entry.
    private var after: [Subscription.Key: Int] = [:]
    /// The number up to which messages of a source are not for a subscriber that is about to begin.
    private var notFor: [Subscription.Key: Int] = [:]

    /// Nothing was missed.
    package init() {}

    /// Reads what the services' stores say.
    ///
    /// - Parameter views: those of the stores, at one instant: see ``ConsistentView``.
    package init(of services: [Service], in views: [any Transaction]) throws {
        let views = Dictionary(uniqueKeysWithValues: views.map { ($0.storeName, $0) })
        let absences = try views.mapValues { try Outbox($0).absentServices() }
        for service in services {
            guard let view = views[service.name] else { continue }
            let begun = try Subscriptions(view).all()
            for subscriber in service.subscribers {
                // The next relay lets what is known by a former id follow to the present one; here
                // it is read as if it had.
                let ids = [subscriber.id] + subscriber.formerIDs
                let own = begun.filter { ids.contains($0.subscriber) }
                let unbegun = try sourcesToBegin(of: ids, own, at: view, among: views)
                for (source, sender) in views {
                    let key = Subscription.Key(subscriber: subscriber.id, source: source)
                    if unbegun.contains(source) {
                        try begin(subscriber, key, at: sender, firstSeen: own.map(\.began).min())
                    } else {
                        let here = own.filter { $0.source == source }
                        let absence = absences[source]?[service.name].map { after in
                            max(after, here.map(\.after).max() ?? 0)
                        }
                        after[key] = (here.map(\.missedAfter) + [absence]).compactMap { $0 }.min()
                    }
                }
            }
        }
    }

    /// Whether a subscriber may have missed a message and gets it from the next relay.
    package func include(_ message: MessageID, for subscriber: String) -> Bool {
        after[Subscription.Key(subscriber: subscriber, source: message.service)].map {
            message.number > $0
        } ?? false
    }

    /// Whether a message is older than the beginning of a subscriber that begins now. No relay
    /// brings it.
    package func precede(_ message: MessageID, for subscriber: String) -> Bool {
        notFor[Subscription.Key(subscriber: subscriber, source: message.service)].map {
            message.number <= $0
        } ?? false
    }

    // MARK: Subscribers that have not begun

    /// The sources at which the next relay lets a subscriber begin.
    ///
    /// None when it has begun, and only the rows that say so were lost: an emptied inbox must not
    /// look like a new subscriber, or an audit would miss the loss.
    private func sourcesToBegin(
        of ids: [String], _ own: [Subscription], at view: any Transaction,
        among views: [String: any Transaction]
    ) throws -> Set<String> {
        let unbegun = Set(views.keys).subtracting(own.map(\.source))
        if unbegun.isEmpty { return [] }
        // Stores of before version 4 have no subscriptions: there, what was handled shows that it
        // began.
        if try own.isEmpty && ids.contains(where: Subscriptions(view).hasHandledAnything) {
            return []
        }
        let emptied = try unbegun.filter { source in
            try views[source].map { try Self.isEmptied(view, of: $0) } ?? false
        }
        return own.isEmpty && !emptied.isEmpty ? [] : unbegun.subtracting(emptied)
    }

    /// Whether a service's inbox no longer knows what it is known to have handled of a source. Then
    /// a subscriber without rows may have had some.
    private static func isEmptied(
        _ view: any Transaction, of source: any Transaction
    ) throws -> Bool {
        let positions =
            try Positions(view).sources().filter { $0.source == source.storeName }.map(\.through)
            + Positions(source).subscribers().filter { $0.service == view.storeName }.map(\.through)
        return try positions.contains { number in
            try number > 0
                && !Inbox(view).isKnown(MessageID(service: source.storeName, number: number))
        }
    }

    /// Notes what a subscriber that is about to begin gets of a source.
    ///
    /// - Parameter firstSeen: when a relay saw the subscriber for the first time, at another
    ///   source: what was sent since then is for it.
    private mutating func begin(
        _ subscriber: any Subscriber, _ key: Subscription.Key, at sender: any Transaction,
        firstSeen: Timestamp?
    ) throws {
        switch subscriber.begins {
        case .beginning:
            after[key] = 0
        case .now:
            // It has begun at another source already: what this one has sent since then is for it,
            // too.
            let last = try firstSeen.map { try Outbox(sender).lastBefore($0) }
            after[key] = last
            notFor[key] = last ?? .max
        }
    }
}

extension Inbox {
    /// Whether any subscriber has handled a message, or need not. It looks through the whole inbox,
    /// whose primary key begins with the subscriber.
    fileprivate func isKnown(_ id: MessageID) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM received_messages WHERE message_id = \(id.description)
            UNION ALL
            SELECT 1 FROM purged_inbox WHERE source = \(id.service) AND through_id >= \(id.number)
            """
        ).isEmpty
    }
}
