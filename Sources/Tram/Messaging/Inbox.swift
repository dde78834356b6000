/// The messages that a service's subscribers have handled, kept in the service's own store.
///
/// The row is inserted in the handler's transaction, so a message that is delivered again has no
/// second effect (the pattern "Idempotent consumer", Chris Richardson, *Microservices Patterns*,
/// section 3.3.6). The relay does all of this; applications read the inbox to explain what has
/// happened:
///
/// ```swift
/// let handled = try customers.read { try Inbox($0).entries(after: nil, limit: 100) }
/// for entry in handled { print(entry.message, entry.effects) }
/// ```
///
/// Rows are kept until ``Relay/purge(_:_:)``, which replaces the oldest ones by one
/// ``InboxPosition`` for each subscriber and source.
///
/// The table is `received_messages` with the primary key (`consumer_id`, `message_id`), as in
/// Eventuate Tram; `digest`, `outcome` and `effects` are added here.
public struct Inbox {
    let transaction: any Transaction

    /// The inbox of the store that a transaction is in.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Records that a subscriber has handled a message.
    ///
    /// - Parameters:
    ///   - id: the message.
    ///   - digest: see ``Message/digest``; nil when it is not known or says nothing.
    ///   - sent: when it was sent: it tells two messages apart where the inbox has no digest.
    ///   - subscriber: the id of the subscriber.
    ///   - outcome: what the handler said, or nil when that is not known.
    /// - Returns: false when the subscriber has handled that message before; nothing is written
    ///   then.
    /// - Throws: ``StoreError/rolledBack(service:detail:)`` when it has handled another message of
    ///   that id: then the sender's outbox has given out its numbers again, and this one is no
    ///   duplicate.
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
    /// Two lookups by primary key: the row, and the position that stands for purged rows. A row
    /// with another digest is not a duplicate but the sign of an outbox that was put back: to treat
    /// it as one would lose the message that is now delivered.
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
            // The message lies below a position, which knows neither its time nor its digest.
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
    ///
    /// `ON CONFLICT DO NOTHING`: the handler itself may have caused the row, by delivering the
    /// message to its own subscriber.
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

    /// Replaces the outcome of a message that was stashed by the one that it has had in the end.
    func revise(_ id: MessageID, for subscriber: String, _ outcome: HandlerOutcome) throws {
        try transaction.execute(
            """
            UPDATE received_messages
            SET outcome = \(outcome.kind.rawValue), effects = \(WireFormat.encode(texts: outcome.words))
            WHERE consumer_id = \(subscriber) AND message_id = \(id.description)
            """)
    }

    /// Records that a subscriber knows a message that it has handled by another id, too: the
    /// message was renumbered in an outbox that was put back.
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

    /// Whether a subscriber has handled a message.
    ///
    /// It is true as well for every message up to the subscriber's ``InboxPosition``: those it has
    /// handled, or they were discarded for it, or it does not accept them. Two lookups by primary
    /// key.
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

    /// What is known of a message at a subscriber, or nil when it has not handled it.
    ///
    /// Of a message whose row was purged, the time is not known any more. The entry then has the
    /// time of the position's own message, or of the beginning of the subscription: the message was
    /// handled, or sent, before that.
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

    /// When a subscriber began to listen to a source. A position that it began with has no row to
    /// tell the time.
    private func beginning(of subscriber: String, at source: String) throws -> Timestamp? {
        try Subscriptions(transaction).all().first {
            $0.subscriber == subscriber && $0.source == source && $0.after > 0
        }?.began
    }

    /// The row of a message at a subscriber; nil when there is none, or none any more.
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
    ///
    /// The primary key begins with the subscriber, so this looks through the whole inbox. It is
    /// needed only for stores whose positions have no digest.
    func firstHandled(_ id: MessageID) throws -> Timestamp? {
        let time: Int? = try transaction.rows(
            """
            SELECT min(creation_time) FROM received_messages
            WHERE message_id = \(id.description)
            """)[0].values()
        return time.map { Timestamp(milliseconds: Int64($0)) }
    }

    /// What has been handled, in the order of subscriber and id, page by page.
    ///
    /// Ids are compared as text, so `order:10` comes before `order:9`.
    ///
    /// - Parameters:
    ///   - after: the last entry of the page before; nil for the first page.
    ///   - limit: how many entries at the most.
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

    /// Reads a row with all columns. A word that is no outcome is read as nil: the row may have
    /// been written by hand, or by a newer program.
    func entry(_ row: Row) throws -> InboxEntry {
        let (subscriber, message, created, digest, outcome, effects):
            (String, String, Int, Int?, String?, String?) = try row.values()
        return InboxEntry(
            subscriber: subscriber, message: message,
            received: Timestamp(milliseconds: Int64(created)), digest: digest,
            outcome: outcome.flatMap(DeliveryOutcome.init(rawValue:)), effectsText: effects)
    }

    /// How many rows there are: handled messages, counted once per subscriber, without those that
    /// were purged. It looks through the whole inbox.
    public func count() throws -> Int {
        try transaction.rows("SELECT count(*) FROM received_messages")[0].values()
    }
}
