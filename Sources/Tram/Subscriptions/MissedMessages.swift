/// What is published, and subscribers of the program have not handled without a fault: they are still to
/// get it, because they have not begun yet, or another program has published it without them. Or they begin
/// later, and it is not for them.
package struct MissedMessages: Sendable {
    /// The number after which a subscriber may have missed messages of a source.
    private var after: [Subscription.Key: Int] = [:]
    /// The number up to which messages of a source are not for a subscriber that is about to begin.
    private var notFor: [Subscription.Key: Int] = [:]

    /// Nothing was missed.
    package init() {}

    /// Reads what the services' stores say.
    ///
    /// - Parameter views: those of the stores, at one instant.
    package init(of services: [Service], in views: [any Transaction]) throws {
        let views = Dictionary(uniqueKeysWithValues: views.map { ($0.storeName, $0) })
        let absences = try views.mapValues { try Outbox($0).absentServices() }
        for service in services {
            guard let view = views[service.name] else { continue }
            let begun = try Subscriptions(view).all()
            for subscriber in service.subscribers {
                // What a former id has begun with is the present one's when the next relay has run.
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

    /// Whether a subscriber may have missed a message, and gets it from the next relay.
    package func include(_ message: MessageID, for subscriber: String) -> Bool {
        after[Subscription.Key(subscriber: subscriber, source: message.service)].map {
            message.number > $0
        } ?? false
    }

    /// Whether a message is not for a subscriber that has not begun: it was sent before, and the
    /// subscriber begins now. No relay brings it.
    package func precede(_ message: MessageID, for subscriber: String) -> Bool {
        notFor[Subscription.Key(subscriber: subscriber, source: message.service)].map {
            message.number <= $0
        } ?? false
    }

    // MARK: Subscribers that have not begun

    /// The sources at which the next relay lets a subscriber begin; none when it has begun, and its rows
    /// are gone.
    private func sourcesToBegin(
        of ids: [String], _ own: [Subscription], at view: any Transaction,
        among views: [String: any Transaction]
    ) throws -> Set<String> {
        let unbegun = Set(views.keys).subtracting(own.map(\.source))
        if unbegun.isEmpty { return [] }
        // Stores of before remember only what was handled.
        if try own.isEmpty && ids.contains(where: Subscriptions(view).hasHandledAnything) {
            return []
        }
        let emptied = try unbegun.filter { source in
            try views[source].map { try Self.isEmptied(view, of: $0) } ?? false
        }
        return own.isEmpty && !emptied.isEmpty ? [] : unbegun.subtracting(emptied)
    }

    /// Whether a service's inbox no longer knows what it is known to have handled of a source. Then
    /// whoever has no rows there may have had them.
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

    private mutating func begin(
        _ subscriber: any Subscriber, _ key: Subscription.Key, at sender: any Transaction,
        firstSeen: Timestamp?
    ) throws {
        switch subscriber.begins {
        case .beginning:
            after[key] = 0
        case .now:
            // What was sent since it was first seen at another source is for it.
            let last = try firstSeen.map { try Outbox(sender).lastBefore($0) }
            after[key] = last
            notFor[key] = last ?? .max
        }
    }
}

extension Inbox {
    /// Whether any subscriber has handled a message, or will never get it again.
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
