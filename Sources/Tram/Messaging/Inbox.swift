/// The ids of the messages that a service's subscribers have handled, kept in its own store.
///
/// The row is inserted in the handler's transaction, so a message that is delivered again has no
/// second effect (the pattern "Idempotent consumer").
public struct Inbox {
    private let transaction: any Transaction

    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Records that a subscriber handles a message.
    ///
    /// - Returns: false when it has handled that message before.
    public func record(_ id: MessageID, for subscriber: String) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO received_messages (consumer_id, message_id, creation_time)
            VALUES (\(subscriber), \(id.description), \(Int(transaction.now.milliseconds)))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    /// Whether a subscriber has handled a message.
    public func contains(_ id: MessageID, for subscriber: String) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM received_messages
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            """
        ).isEmpty
    }

    /// What has been handled, in the order of subscriber and id, from the entry after `after`.
    public func entries(after: InboxEntry?, limit: Int) throws -> [InboxEntry] {
        let subscriber = after?.subscriber ?? ""
        let message = after?.message ?? ""
        return try transaction.rows(
            """
            SELECT consumer_id, message_id, creation_time FROM received_messages
            WHERE (consumer_id, message_id) > (\(subscriber), \(message))
            ORDER BY consumer_id, message_id LIMIT \(limit)
            """
        ).map {
            let (subscriber, message, created): (String, String, Int) = try $0.values()
            return InboxEntry(
                subscriber: subscriber, message: message,
                received: Timestamp(milliseconds: Int64(created)))
        }
    }

    /// How many messages have been handled, counted once per subscriber.
    public func count() throws -> Int {
        try transaction.rows("SELECT count(*) FROM received_messages")[0].values()
    }
}

/// A row of the inbox.
public struct InboxEntry: Hashable, Sendable {
    public let subscriber: String
    /// The id as the row holds it: a row that was written by hand may hold anything.
    public let message: String
    public let received: Timestamp
}
