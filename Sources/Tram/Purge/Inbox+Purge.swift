/// What stands for purged rows of an inbox: a subscriber has handled every message of a source up
/// to a number, as far as it accepts it, unless the message was discarded.
///
/// The row of that number itself stays, as the position's anchor: its time tells the messages that
/// the position stands for from others that get their numbers after the source was put back. Those
/// are sent later.
///
/// A subscriber that begins with ``SubscriptionStart/now`` has a position from the start, without
/// an anchor.
public struct InboxPosition: Hashable, Sendable {
    /// The id of the subscriber.
    public let subscriber: String
    /// The service that sent the messages.
    public let source: String
    /// The number of the last message that the position stands for.
    public let through: Int
}

extension Inbox {
    /// All positions, in the order of subscribers and sources. There are none before the first
    /// purge, except those of subscribers that began later than a source.
    public func positions() throws -> [InboxPosition] {
        try transaction.rows(
            """
            SELECT consumer_id, source, through_id FROM purged_inbox ORDER BY consumer_id, source
            """
        ).map {
            let (subscriber, source, through): (String, String, Int) = try $0.values()
            return InboxPosition(subscriber: subscriber, source: source, through: through)
        }
    }

    /// A subscriber's position in a source, or nil when it has none. A lookup by primary key.
    func position(of subscriber: String, in source: String) throws -> InboxPosition? {
        try transaction.rows(
            """
            SELECT through_id FROM purged_inbox
            WHERE consumer_id = \(subscriber) AND source = \(source)
            """
        ).first.map {
            InboxPosition(subscriber: subscriber, source: source, through: try $0.values())
        }
    }

    /// Lets a position stand for all rows up to it. A position never goes back.
    func raise(_ position: InboxPosition) throws {
        try transaction.execute(
            """
            INSERT INTO purged_inbox (consumer_id, source, through_id)
            VALUES (\(position.subscriber), \(position.source), \(position.through))
            ON CONFLICT (consumer_id, source) DO UPDATE SET through_id = excluded.through_id
            WHERE excluded.through_id > purged_inbox.through_id
            """)
    }

    /// A page of one subscriber's rows, in the order of their ids as text, which is that of the
    /// primary key: `order:10` comes before `order:9`.
    func entries(of subscriber: String, after: String, limit: Int) throws -> [InboxEntry] {
        try transaction.rows(
            """
            SELECT consumer_id, message_id, creation_time, digest, outcome, effects
            FROM received_messages
            WHERE consumer_id = \(subscriber) AND message_id > \(after)
            ORDER BY message_id LIMIT \(limit)
            """
        ).map(entry)
    }

    /// Deletes rows for which a position stands.
    ///
    /// - Returns: how many.
    func delete(_ messages: [String], of subscriber: String) throws -> Int {
        try messages.reduce(0) { count, message in
            try count
                + transaction.execute(
                    """
                    DELETE FROM received_messages
                    WHERE consumer_id = \(subscriber) AND message_id = \(message)
                    """)
        }
    }
}
