/// Which of a source's messages a new subscriber gets.
///
/// It is decided when a relay sees the subscriber for the first time, and recorded as a
/// ``Subscription``; a later change of the declaration has no effect.
public enum SubscriptionStart: String, Hashable, Sendable {
    /// All events that it accepts and that the source's outbox still holds, in their order, also
    /// those that everybody else has handled.
    ///
    /// They are delivered to nobody else again. Of commands and replies, which are for one
    /// receiver, it gets those that are still pending. Choose it for views that are computed from
    /// the past.
    case beginning
    /// What is sent after a relay has seen it for the first time. What was sent before counts as
    /// handled.
    ///
    /// Choose it for subscribers that act on news, such as one that sends mails. It is for events
    /// only: see ``WiringError/beginsNowWithCommands(subscriber:)``. At a source that was away
    /// then, it begins with what that has sent since, by the source's clock.
    case now
}

/// Since when a subscriber listens to a source.
///
/// It is kept in the subscriber's own store, so that it begins once and not again after a purge.
public struct Subscription: Hashable, Sendable {
    /// The subscriber's id.
    public let subscriber: String
    /// The service whose messages it gets.
    public let source: String
    /// What the subscriber had declared when it began: see ``Subscriber/begins``.
    public let begins: SubscriptionStart
    /// The number of the source's last message that is not for it; 0 when all are.
    public let after: Int
    /// When a relay saw it for the first time, by the clock of the subscriber's store.
    public let began: Timestamp
    /// The number after which a program that does not have the subscriber may have published messages;
    /// nil when none has.
    let missedAfter: Int?

    /// A subscriber at a source.
    struct Key: Hashable {
        let subscriber: String
        let source: String
    }

    var key: Key { Key(subscriber: subscriber, source: source) }
}

/// The subscriptions of a service's subscribers, and what else its store knows of them.
///
/// ```swift
/// for subscription in try customers.read({ try Subscriptions($0).all() }) {
///     print(subscription.subscriber, subscription.source, subscription.began.rfc3339)
/// }
/// ```
public struct Subscriptions {
    let transaction: any Transaction

    /// The subscriptions in the store of a transaction.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// All subscriptions, in the order of subscribers and sources, also those of subscribers that
    /// the program no longer has.
    ///
    /// - Throws: ``StoreError/unexpectedRow(_:)`` when a row cannot be read.
    public func all() throws -> [Subscription] {
        try transaction.rows(
            """
            SELECT consumer_id, source, begins, through_id, creation_time, missed_after
            FROM subscription ORDER BY consumer_id, source
            """
        ).map {
            let (subscriber, source, begins, after, created, missed):
                (String, String, String, Int, Int, Int?) = try $0.values()
            guard let begins = SubscriptionStart(rawValue: begins) else {
                throw StoreError.unexpectedRow("the subscription of \(subscriber) begins \(begins)")
            }
            return Subscription(
                subscriber: subscriber, source: source, begins: begins, after: after,
                began: Timestamp(milliseconds: Int64(created)), missedAfter: missed)
        }
    }

    /// Notes after which message a subscriber may miss some; nil when it has got them all.
    func note(_ key: Subscription.Key, missedAfter number: Int?) throws {
        try transaction.execute(
            """
            UPDATE subscription SET missed_after = \(number)
            WHERE consumer_id = \(key.subscriber) AND source = \(key.source)
            """)
    }

    /// Records that a subscriber has begun, unless it has before.
    ///
    /// - Parameters:
    ///   - subscriber: the id of the subscriber.
    ///   - source: the service to which it listens.
    ///   - begins: what it has declared.
    ///   - after: messages of the source up to this number are not for it. They count as handled
    ///     from now on, by an ``InboxPosition``.
    func begin(
        _ subscriber: String, at source: String, _ begins: SubscriptionStart, after: Int
    ) throws {
        let isNew =
            try transaction.execute(
                """
                INSERT INTO subscription (consumer_id, source, begins, through_id, creation_time)
                VALUES (\(subscriber), \(source), \(begins.rawValue), \(after),
                    \(Int(transaction.now.milliseconds)))
                ON CONFLICT (consumer_id, source) DO NOTHING
                """) == 1
        guard isNew, after > 0 else { return }
        try Inbox(transaction).raise(
            InboxPosition(subscriber: subscriber, source: source, through: after))
    }

    /// Whether a subscriber has ever handled a message. By the first column of two primary keys.
    func hasHandledAnything(_ subscriber: String) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM received_messages WHERE consumer_id = \(subscriber))
                OR EXISTS (SELECT 1 FROM purged_inbox WHERE consumer_id = \(subscriber))
            """
        ).isEmpty
    }

    /// Whether the store knows anything of a subscriber.
    func know(_ subscriber: String) throws -> Bool {
        if try hasHandledAnything(subscriber) { return true }
        return try !transaction.rows(
            "SELECT 1 FROM subscription WHERE consumer_id = \(subscriber)"
        ).isEmpty
    }

    /// How many messages each subscriber has handled, without those whose rows were purged. A
    /// subscriber of which only purged rows are known has 0. It looks through the whole inbox.
    func handledCounts() throws -> [String: Int] {
        let rows = try transaction.rows(
            """
            SELECT consumer_id, count(*) FROM received_messages GROUP BY consumer_id
            UNION ALL
            SELECT DISTINCT consumer_id, 0 FROM purged_inbox
            """)
        return try rows.reduce(into: [:]) { counts, row in
            let (subscriber, count): (String, Int) = try row.values()
            counts[subscriber, default: 0] += count
        }
    }

    // MARK: Renamed and removed subscribers

    /// Whether the store knows anything of a subscriber by a former id that has not followed it
    /// yet.
    ///
    /// The subscription by the former id stays for good, so it counts only where the new id has
    /// none.
    func mustRename(_ former: String, to id: String) throws -> Bool {
        if try hasHandledAnything(former) { return true }
        return try !transaction.rows(
            """
            SELECT 1 FROM subscription AS old WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM subscription AS own
                 WHERE own.consumer_id = \(id) AND own.source = old.source)
            """
        ).isEmpty
    }

    /// Gives all that the store knows of a subscriber to its new id. What one of the two ids has
    /// handled was handled.
    ///
    /// That it has begun is remembered for both: an older program that runs once more must not let
    /// the former id begin anew, and get all messages again.
    func rename(_ former: String, to id: String, sources: [String]) throws {
        try transaction.execute(
            """
            UPDATE received_messages SET consumer_id = \(id)
            WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM received_messages AS own
                 WHERE own.consumer_id = \(id) AND own.message_id = received_messages.message_id)
            """)
        for position in try Inbox(transaction).positions() where position.subscriber == former {
            try Inbox(transaction).raise(
                InboxPosition(subscriber: id, source: position.source, through: position.through))
        }
        try removeHandled(by: former)
        let isKnown = try !transaction.rows(
            "SELECT 1 FROM subscription WHERE consumer_id = \(former)"
        ).isEmpty
        if !isKnown {
            for source in sources { try begin(former, at: source, .beginning, after: 0) }
        }
        try transaction.execute(
            """
            INSERT INTO subscription
                (consumer_id, source, begins, through_id, creation_time, missed_after)
            SELECT \(id), source, begins, through_id, creation_time, missed_after
            FROM subscription WHERE consumer_id = \(former)
            ON CONFLICT (consumer_id, source) DO NOTHING
            """)
    }

    /// Deletes all that the store knows of a subscriber, except its stash.
    func remove(_ subscriber: String) throws {
        try removeHandled(by: subscriber)
        try transaction.execute("DELETE FROM subscription WHERE consumer_id = \(subscriber)")
    }

    /// Deletes a subscriber's rows in the inbox, and the positions that stand for purged ones.
    private func removeHandled(by subscriber: String) throws {
        try transaction.execute("DELETE FROM received_messages WHERE consumer_id = \(subscriber)")
        try transaction.execute("DELETE FROM purged_inbox WHERE consumer_id = \(subscriber)")
    }
}
