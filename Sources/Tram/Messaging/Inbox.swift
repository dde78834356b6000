/// The ids of the messages that a service's subscribers have handled, kept in its own store.
///
/// The row is inserted in the handler's transaction, so a message that is delivered again has no
/// second effect (the pattern "Idempotent consumer"). A purge replaces the oldest rows by one
/// ``InboxPosition`` for each subscriber and source.
public struct Inbox {
    let transaction: any Transaction

    /// The inbox of the store that a transaction is in.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Records that a subscriber has handled a message.
    ///
    /// - Parameters:
    ///   - digest: see ``Message/digest``.
    ///   - sent: when it was sent: it tells two messages apart where the inbox has no digest.
    ///   - outcome: what the handler said, or nil when that is not known.
    /// - Returns: false when it has handled that message before.
    /// - Throws: ``StoreError/rolledBack(service:detail:)`` when it has handled another message of
    ///   that id: then the outbox has given out its numbers again, and this one is no duplicate.
    package func record(
        _ id: MessageID, digest: Int? = nil, sent: Timestamp? = nil, for subscriber: String,
        outcome: HandlerOutcome? = nil
    ) throws -> Bool {
        guard try isNew(id, digest: digest, sent: sent, for: subscriber) else { return false }
        try insert(id, digest: digest, for: subscriber, outcome)
        return true
    }

    /// Whether a subscriber has not handled a message yet.
    ///
    /// - Throws: as ``record(_:digest:sent:for:outcome:)``.
    func isNew(
        _ id: MessageID, digest: Int?, sent: Timestamp?, for subscriber: String
    ) throws -> Bool {
        let known = try transaction.rows(
            """
            SELECT creation_time, digest FROM received_messages
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            UNION ALL
            SELECT NULL, NULL FROM purged_inbox
            WHERE consumer_id = \(subscriber) AND source = \(id.service)
                AND through_id >= \(id.number)
            """)
        if known.isEmpty { return true }
        guard let digest else { return false }
        for row in known {
            let (received, itsDigest): (Int?, Int?) = try row.values()
            // A position knows neither.
            guard let received else { continue }
            let entry = InboxEntry(
                subscriber: subscriber, message: id.description,
                received: Timestamp(milliseconds: Int64(received)), digest: itsDigest)
            guard entry.isOther(digest: digest, sent: sent) else { continue }
            throw StoreError.rolledBack(
                service: id.service,
                detail: "\(subscriber) has handled a message \(id) with other content")
        }
        return false
    }

    /// Inserts the row of a message that ``isNew(_:digest:sent:for:)`` does not know.
    func insert(
        _ id: MessageID, digest: Int?, for subscriber: String, _ outcome: HandlerOutcome?
    ) throws {
        try transaction.execute(
            """
            INSERT INTO received_messages
                (consumer_id, message_id, creation_time, digest, outcome, effects)
            VALUES (\(subscriber), \(id.description), \(Int(transaction.now.milliseconds)),
                \(digest), \(outcome?.kind.rawValue),
                \(outcome.map { WireFormat.encode(texts: $0.words) }))
            ON CONFLICT DO NOTHING
            """)
    }

    /// Keeps what a handler said in the end of a message that was set aside before.
    func revise(_ id: MessageID, for subscriber: String, _ outcome: HandlerOutcome) throws {
        try transaction.execute(
            """
            UPDATE received_messages
            SET outcome = \(outcome.kind.rawValue), effects = \(WireFormat.encode(texts: outcome.words))
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            """)
    }

    /// Lets a subscriber know a message that it has handled by another id, too.
    func copy(_ id: MessageID, as other: MessageID, for subscriber: String) throws {
        try transaction.execute(
            """
            INSERT INTO received_messages
                (consumer_id, message_id, creation_time, digest, outcome, effects)
            SELECT consumer_id, \(other.description), \(Int(transaction.now.milliseconds)),
                digest, outcome, effects
            FROM received_messages
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            ON CONFLICT DO NOTHING
            """)
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
            SELECT consumer_id, message_id, creation_time, digest, outcome, effects
            FROM received_messages
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
            SELECT consumer_id, message_id, creation_time, digest, outcome, effects
            FROM received_messages
            WHERE (consumer_id, message_id) > (\(subscriber), \(message))
            ORDER BY consumer_id, message_id LIMIT \(limit)
            """
        ).map(entry)
    }

    func entry(_ row: Row) throws -> InboxEntry {
        let (subscriber, message, created, digest, outcome, effects):
            (String, String, Int, Int?, String?, String?) = try row.values()
        return InboxEntry(
            subscriber: subscriber, message: message,
            received: Timestamp(milliseconds: Int64(created)), digest: digest,
            outcome: outcome.flatMap(DeliveryOutcome.init(rawValue:)), effectsText: effects)
    }

    /// How many rows there are: handled messages, counted once per subscriber, without those that were
    /// purged.
    public func count() throws -> Int {
        try transaction.rows("SELECT count(*) FROM received_messages")[0].values()
    }
}
