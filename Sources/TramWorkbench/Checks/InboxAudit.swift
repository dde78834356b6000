internal import Platform
internal import Tram

/// What the inboxes must hold, as the outboxes and the program tell.
struct InboxAudit {
    private let views: [any Transaction]
    /// The ids of the program's subscribers. A former one is followed by the next relay.
    private let subscribers: Set<String>
    private let program: String

    init(_ views: Views) {
        self.views = views.all
        subscribers = Set(
            views.application.relay.services.flatMap(\.subscribers)
                .flatMap { [$0.id] + $0.formerIDs })
        program = type(of: views.application).name
    }

    func faults() throws -> [String] {
        let digests = try digests()
        return try views.flatMap(brokenPositions)
            + views.flatMap { view in
                let audit = RowAudit(view: view)
                return try audit.unreadableOutcomes()
                    + audit.brokenSubscriptions(known: subscribers, strange)
            }
            + views.flatMap { try handledOtherwise($0, digests) }
    }

    /// By message, the digest that its outbox has.
    private func digests() throws -> [String: Int] {
        var digests: [String: Int] = [:]
        for view in views {
            for row in try view.rows("SELECT id, digest FROM message") {
                let (number, digest): (Int, Int) = try row.values()
                digests["\(view.storeName):\(number)"] = digest
            }
        }
        return digests
    }

    /// What stands for purged rows of an inbox, and is not as a purge leaves it.
    private func brokenPositions(in view: any Transaction) throws -> [String] {
        try Inbox(view).positions().compactMap { position in
            let last = MessageID(service: position.source, number: position.through)
            let name = "'\(position.subscriber)' has handled all up to \(last)"
            if !subscribers.contains(position.subscriber) {
                return name + strange(position.subscriber)
            }
            let row = try view.rows(
                """
                SELECT 1 FROM received_messages
                WHERE consumer_id = \(position.subscriber) AND message_id = \(last.description)
                UNION ALL
                SELECT 1 FROM subscription
                WHERE consumer_id = \(position.subscriber) AND source = \(position.source)
                    AND through_id = \(position.through)
                """)
            return row.isEmpty ? "\(name), whose row is gone" : nil
        }
    }

    /// The messages that an inbox knows with another digest than their outbox, and those of subscribers that
    /// nobody knows.
    private func handledOtherwise(
        _ view: any Transaction, _ digests: [String: Int]
    ) throws -> [String] {
        try view.rows(
            """
            SELECT consumer_id, message_id, digest FROM received_messages
            ORDER BY consumer_id, message_id
            """
        ).compactMap { row in
            let (subscriber, message, digest): (String, String, Int?) = try row.values()
            if !subscribers.contains(subscriber) {
                return "'\(subscriber)' has handled \(message)" + strange(subscriber)
            }
            guard let digest, let sent = digests[message], sent != digest else { return nil }
            return "\(subscriber) has handled \(message) with other content"
        }
    }

    private func strange(_ subscriber: String) -> String {
        ", and there is no such subscriber; see \(program) subscriber remove "
            + shellWord(subscriber)
    }
}
