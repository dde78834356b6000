/// The ids of the messages that a service's subscribers have handled, kept in its own store.
///
/// The row is inserted in the handler's transaction, so a message that is delivered again has no
/// second effect (the pattern "Idempotent consumer"). A purge replaces the oldest rows by one
/// ``InboxPosition`` for each subscriber and source.
public struct Inbox {
    let transaction: any Transaction

    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Records that a subscriber handles a message.
    ///
    /// - Parameters:
    ///   - digest: see ``Message/digest``.
    ///   - sent: when it was sent: it tells two messages apart where the inbox has no digest.
    /// - Returns: false when it has handled that message before.
    /// - Throws: ``StoreError/rolledBack(service:detail:)`` when it has handled another message of
    ///   that id: then the outbox has given out its numbers again, and this one is no duplicate.
    public func record(
        _ id: MessageID, digest: Int? = nil, sent: Timestamp? = nil, for subscriber: String
    ) throws -> Bool {
        let isNew =
            try transaction.execute(
                """
                INSERT INTO received_messages (consumer_id, message_id, creation_time, digest)
                SELECT \(subscriber), \(id.description), \(Int(transaction.now.milliseconds)),
                    \(digest)
                WHERE NOT EXISTS
                    (SELECT 1 FROM purged_inbox
                     WHERE consumer_id = \(subscriber) AND source = \(id.service)
                         AND through_id >= \(id.number))
                ON CONFLICT DO NOTHING
                """) == 1
        if isNew { return true }
        guard let digest else { return false }
        // A position knows no digests.
        guard let entry = try storedEntry(id, for: subscriber),
            entry.isOther(digest: digest, sent: sent)
        else { return false }
        throw StoreError.rolledBack(
            service: id.service,
            detail: "\(subscriber) has handled a message \(id) with other content")
    }

    /// Whether a subscriber has handled a message, or will never get it again: then it was discarded.
    public func contains(_ id: MessageID, for subscriber: String) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM received_messages
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            UNION ALL
            SELECT 1 FROM purged_inbox
            WHERE consumer_id = \(subscriber) AND source = \(id.service)
                AND through_id >= \(id.number)
            """
        ).isEmpty
    }

    /// What is known of a message at a subscriber, or nil when it has not handled it. Of a message
    /// whose row was purged, it is known that it was handled before the position's own message was, or
    /// sent before that.
    func entry(_ id: MessageID, for subscriber: String) throws -> InboxEntry? {
        if let entry = try storedEntry(id, for: subscriber) { return entry }
        guard let position = try position(of: subscriber, in: id.service),
            position.through >= id.number
        else { return nil }
        let anchor = MessageID(service: id.service, number: position.through)
        return InboxEntry(
            subscriber: subscriber, message: id.description,
            received: try storedEntry(anchor, for: subscriber)?.received
                ?? beginning(of: subscriber, at: id.service) ?? transaction.now,
            digest: nil)
    }

    /// When a subscriber began to listen to a source: a position that it began with has no row.
    private func beginning(of subscriber: String, at source: String) throws -> Timestamp? {
        try Subscriptions(transaction).all().first {
            $0.subscriber == subscriber && $0.source == source && $0.after > 0
        }?.began
    }

    private func storedEntry(_ id: MessageID, for subscriber: String) throws -> InboxEntry? {
        try transaction.rows(
            """
            SELECT consumer_id, message_id, creation_time, digest FROM received_messages
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            """
        ).first.map(entry)
    }

    /// When a message was handled first, by any subscriber; nil when it has not been.
    func firstHandled(_ id: MessageID) throws -> Timestamp? {
        let time: Int? = try transaction.rows(
            """
            SELECT min(creation_time) FROM received_messages
            WHERE message_id = \(id.description)
            """)[0].values()
        return time.map { Timestamp(milliseconds: Int64($0)) }
    }

    /// What has been handled, in the order of subscriber and id, from the entry after `after`.
    public func entries(after: InboxEntry?, limit: Int) throws -> [InboxEntry] {
        let subscriber = after?.subscriber ?? ""
        let message = after?.message ?? ""
        return try transaction.rows(
            """
            SELECT consumer_id, message_id, creation_time, digest FROM received_messages
            WHERE (consumer_id, message_id) > (\(subscriber), \(message))
            ORDER BY consumer_id, message_id LIMIT \(limit)
            """
        ).map(entry)
    }

    func entry(_ row: Row) throws -> InboxEntry {
        let (subscriber, message, created, digest): (String, String, Int, Int?) = try row.values()
        return InboxEntry(
            subscriber: subscriber, message: message,
            received: Timestamp(milliseconds: Int64(created)), digest: digest)
    }

    /// How many rows there are: handled messages, counted once per subscriber, without those that were
    /// purged.
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
    /// The digest of the message that was handled; nil when it was before there were digests.
    public let digest: Int?

    /// Whether a message of this id is another one than the one that was handled.
    func isOther(digest: Int, sent: Timestamp?) -> Bool {
        if let known = self.digest { return known != digest }
        // It was handled before there were digests; but not before it was sent.
        return sent.map { received < $0 } ?? false
    }
}
