/// The messages that a service has sent, kept in the service's own store.
///
/// A message is inserted in the transaction that changes the sender's rows, so it is sent exactly
/// when they are changed (the pattern "Transactional outbox", Chris Richardson, *Microservices
/// Patterns*, section 3.3). A ``Relay`` delivers it later and marks it as published once every
/// subscriber has handled it.
///
/// Messages are kept after that, as a record of what was sent, until ``Relay/purge(_:_:)``. To
/// send, use ``Transaction/publish(_:about:headers:)`` and
/// ``Transaction/send(_:to:orderedBy:replyTo:headers:)``; to look at what was sent:
///
/// ```swift
/// let pending = try orders.read {
///     try Outbox($0).messages(after: 0, limit: 100, unpublishedOnly: true)
/// }
/// ```
///
/// Every read of a message compares its row with the digest that it was sent with; a difference is
/// a ``Message/defect``. The table is `message`, as in Eventuate Tram.
public struct Outbox {
    let transaction: any Transaction

    /// The outbox of the store that a transaction is in.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Inserts a message.
    ///
    /// The headers that every message has are added, and those that tell its cause: see
    /// ``Transaction/cause``. The first message that a transaction sends without a cause begins a
    /// chain, to which all others of the transaction belong.
    ///
    /// Nothing is checked: neither that the payload is JSON nor that somebody receives the message.
    /// ``Transaction/publish(_:about:headers:)`` and
    /// ``Transaction/send(_:to:orderedBy:replyTo:headers:)`` are the usual ways to call this.
    ///
    /// - Returns: the id that it got. Ids ascend in the order of commits.
    /// - Throws: a ``StoreError`` when the row cannot be inserted.
    @discardableResult
    public func append(_ message: OutgoingMessage) throws -> MessageID {
        var headers = message.headers
        headers[MessageHeader.partitionID] = message.partitionID
        headers[MessageHeader.destination] = message.destination
        headers[MessageHeader.date] = transaction.now.httpDate
        let cause = transaction.cause
        cause?.add(to: &headers)
        let text = WireFormat.encode(texts: headers)
        let created = Int(transaction.now.milliseconds)
        let digest = MessageDigest.of(
            type: message.type, destination: message.destination, partitionID: message.partitionID,
            headers: text, payload: message.payload, created: created)
        let rows = try transaction.rows(
            """
            INSERT INTO message
                (destination, partition_id, type, headers, payload, creation_time, digest)
            VALUES
                (\(message.destination), \(message.partitionID), \(message.type), \(text),
                 \(message.payload), \(created), \(digest))
            RETURNING id
            """)
        let id = messageID(try rows[0].values())
        // Whatever else the transaction sends belongs to the chain of its first message.
        if cause == nil { transaction.cause = MessageCause(chainBeganWith: id) }
        return id
    }

    /// Messages in the order of their ids, page by page.
    ///
    /// - Parameters:
    ///   - after: the number of the last message of the page before; 0 for the first page.
    ///   - limit: how many messages at the most.
    ///   - unpublishedOnly: whether published messages are left out. Then a partial index finds the
    ///     rest, however long the outbox is.
    public func messages(
        after: Int, limit: Int, unpublishedOnly: Bool = false
    ) throws -> [OutboxEntry] {
        let rows: [Row]
        if unpublishedOnly {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload,
                    creation_time, digest, published, aside
                FROM message WHERE published = 0 AND id > \(after) ORDER BY id LIMIT \(limit)
                """)
        } else {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload,
                    creation_time, digest, published, aside
                FROM message WHERE id > \(after) ORDER BY id LIMIT \(limit)
                """)
        }
        return try rows.map(entry)
    }

    /// One message, or nil when there is none with that number, or none any more. A lookup by
    /// primary key.
    public func message(_ number: Int) throws -> OutboxEntry? {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest,
                published, aside
            FROM message WHERE id = \(number)
            """
        ).first.map(entry)
    }

    /// The number of the newest message that is still there, or 0 when there is none.
    ///
    /// After a purge it may be lower than the number of the last message that was sent: that one is
    /// the counter `message` in ``Transaction/counters()``.
    public func highestNumber() throws -> Int {
        try transaction.rows("SELECT coalesce(max(id), 0) FROM message")[0].values()
    }

    /// All messages after a number, without their contents. There is no limit: it is meant for what
    /// one transaction has just sent.
    public func headings(after number: Int) throws -> [MessageHeading] {
        try transaction.rows("SELECT id, type FROM message WHERE id > \(number) ORDER BY id").map {
            let (number, type): (Int, String) = try $0.values()
            return MessageHeading(id: messageID(number), type: type)
        }
    }

    /// How many messages there are, published or not. It looks through the whole outbox.
    public func count() throws -> Int {
        try transaction.rows("SELECT count(*) FROM message")[0].values()
    }

    /// How many messages are pending: neither published, nor parked for all who have not handled
    /// them.
    ///
    /// Messages that wait behind a parked one are counted. The cost is that of the unpublished
    /// messages, by a partial index.
    public func pendingCount() throws -> Int {
        try transaction.rows("SELECT count(*) FROM message WHERE published = 0 AND aside <> 1")[0]
            .values()
    }

    /// The id of this outbox's message with a number.
    func messageID(_ number: Int) -> MessageID {
        MessageID(service: transaction.storeName, number: number)
    }

    /// Reads a row with its digest, and completes the headers with what is not stored in them.
    ///
    /// A row that was changed is returned with a ``Message/defect`` instead of an error, so that
    /// tools can show it and a relay can count its deliveries as failed.
    func message(_ row: Row) throws -> Message {
        let (number, type, destination, partitionID, headers, payload, created, digest):
            (Int, String, String, String, String, String, Int, Int) = try row.values()
        let actual = MessageDigest.of(
            type: type, destination: destination, partitionID: partitionID, headers: headers,
            payload: payload, created: created)
        let decoded = try? WireFormat.decode([String: String].self, from: headers)
        // Tools still show a message with a defect; its deliveries fail.
        let defect: String? =
            if actual != digest {
                "the message was changed after it was sent: its digest does not fit"
            } else if decoded == nil {
                "the headers are not an object of strings"
            } else {
                nil
            }
        let id = messageID(number)
        var complete = decoded ?? [:]
        complete[MessageHeader.id] = id.description
        if decoded != nil, complete[MessageHeader.correlationID] == nil {
            // The first message of a chain: its id was not known when its headers were written.
            complete[MessageHeader.correlationID] = id.description
        }
        return Message(
            id: id, type: type, destination: destination, partitionID: partitionID,
            headers: complete,
            payload: payload, sent: Timestamp(milliseconds: Int64(created)), digest: digest,
            defect: defect)
    }

    /// Reads a row whose last two columns are `published` and `aside`.
    func entry(_ row: Row) throws -> OutboxEntry {
        let message = try message(row)
        let (published, aside): (Int, Int) = try Row(Array(row.columns.suffix(2))).values()
        return OutboxEntry(
            message: message, isPublished: published == 1, isSetAside: aside > 0,
            created: message.sent ?? transaction.now)
    }
}

/// A message, and how far the outbox has got with it.
public struct OutboxEntry: Hashable, Sendable {
    /// The message as it was sent.
    public let message: Message
    /// Whether it is done with: every subscriber has handled it, or need not, or nobody in the
    /// whole system subscribes to the event.
    public let isPublished: Bool
    /// Whether relays pass it over for now: everybody who has not handled it has parked it, or a
    /// message before it of the same aggregate. An operator's decision brings it back.
    public let isSetAside: Bool
    /// When it was sent, by the clock of the sender's store.
    public let created: Timestamp
}
