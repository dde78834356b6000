/// The messages that a service has sent, kept in its own store.
///
/// A message is inserted in the transaction that changes the sender's rows, so it is sent exactly
/// when they are changed (the pattern "Transactional outbox", Chris Richardson, *Microservices
/// Patterns*, section 3.3). A relay delivers it later and marks it as published.
public struct Outbox {
    let transaction: any Transaction

    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Inserts a message.
    ///
    /// Its headers tell its cause: see ``Transaction/cause``.
    ///
    /// - Returns: the id that it got. Ids ascend in the order of commits.
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
        // Whatever else the transaction sends belongs to the same chain.
        if cause == nil { transaction.cause = MessageCause(chainBeganWith: id) }
        return id
    }

    /// The next messages that are not marked as published nor set aside, in the order of their ids.
    ///
    /// - Parameters:
    ///   - after: only messages with a higher number.
    ///   - through: only messages with this number at the most.
    public func unpublished(after: Int, through: Int, limit: Int) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message WHERE published = 0 AND aside = 0 AND id > \(after) AND id <= \(through)
            ORDER BY id LIMIT \(limit)
            """
        ).map(message)
    }

    /// The next messages that are not marked as published, and all after a number, in the order of
    /// their ids.
    package func unpublished(after: Int, orAllAfter number: Int, limit: Int) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message WHERE published = 0 AND id > \(after) AND id <= \(number)
            UNION ALL
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message WHERE id > \(max(after, number))
            ORDER BY id LIMIT \(limit)
            """
        ).map(message)
    }

    /// The unpublished messages of one channel and partition id, in the order of their ids.
    public func unpublished(destination: String, partitionID: String) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message
            WHERE published = 0 AND destination = \(destination) AND partition_id = \(partitionID)
            ORDER BY id
            """
        ).map(message)
    }

    /// Messages in the order of their ids, from the one after `after`.
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

    /// One message, or nil when there is none with that number.
    public func message(_ number: Int) throws -> OutboxEntry? {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest,
                published, aside
            FROM message WHERE id = \(number)
            """
        ).first.map(entry)
    }

    /// What tells a message from another one of the same number; nil when there is none.
    func stamp(of number: Int) throws -> MessageStamp? {
        try transaction.rows(
            "SELECT digest, creation_time FROM message WHERE id = \(number)"
        ).first.map {
            let (digest, created): (Int, Int) = try $0.values()
            return MessageStamp(
                digest: digest, sent: Timestamp(milliseconds: Int64(created)))
        }
    }

    /// The number of the newest message, or 0 when there is none.
    public func highestNumber() throws -> Int {
        try transaction.rows("SELECT coalesce(max(id), 0) FROM message")[0].values()
    }

    /// The messages after a number, without their contents.
    public func headings(after number: Int) throws -> [MessageHeading] {
        try transaction.rows("SELECT id, type FROM message WHERE id > \(number) ORDER BY id").map {
            let (number, type): (Int, String) = try $0.values()
            return MessageHeading(id: messageID(number), type: type)
        }
    }

    /// The messages that a relay would look at, after a number, at most `limit` of them: counted but not
    /// read.
    public func backlog(after: Int, limit: Int) throws -> Backlog {
        let row = try transaction.rows(
            """
            SELECT count(*), coalesce(max(id), 0), coalesce(max(length(type)), 0) FROM
                (SELECT id, type FROM message WHERE published = 0 AND aside = 0 AND id > \(after)
                 ORDER BY id LIMIT \(limit)) AS pending
            """)[0]
        let (count, through, longestType): (Int, Int, Int) = try row.values()
        return Backlog(count: count, through: through, longestType: longestType)
    }

    /// How many messages there are.
    public func count() throws -> Int {
        try transaction.rows("SELECT count(*) FROM message")[0].values()
    }

    /// How many messages are pending: not marked as published, nor parked for all who have not handled
    /// them.
    public func pendingCount() throws -> Int {
        try transaction.rows("SELECT count(*) FROM message WHERE published = 0 AND aside <> 1")[0]
            .values()
    }

    /// Marks messages as published: every subscriber has handled them.
    public func markPublished(_ ids: [MessageID]) throws {
        for id in ids {
            try markPublishedOnly(id)
            try forgetFailures(of: id.number)
        }
    }

    /// Marks a message as published, and leaves alone what is known of failures.
    func markPublishedOnly(_ id: MessageID) throws {
        try transaction.execute("DELETE FROM redelivery WHERE message_id = \(id.number)")
        try transaction.execute(
            "UPDATE message SET published = 1, aside = 0 WHERE id = \(id.number)")
    }

    /// Remembers that a subscriber's handler failed, and why.
    ///
    /// - Returns: how often it has failed now.
    @discardableResult
    public func recordFailure(
        of id: MessageID, subscriber: String, error: String
    ) throws -> Int {
        try transaction.rows(
            """
            INSERT INTO delivery_failure (message_id, consumer_id, attempts, error)
            VALUES (\(id.number), \(subscriber), 1, \(error))
            ON CONFLICT (message_id, consumer_id)
            DO UPDATE SET attempts = delivery_failure.attempts + 1, error = excluded.error
            RETURNING attempts
            """)[0].values()
    }

    /// The failures of a message's deliveries, by subscriber.
    public func failures(of id: MessageID) throws -> [String: DeliveryFailure] {
        let rows = try transaction.rows(
            "SELECT consumer_id, attempts, error FROM delivery_failure WHERE message_id = \(id.number)"
        )
        return try rows.reduce(into: [:]) { failures, row in
            let (subscriber, attempts, error): (String, Int, String) = try row.values()
            failures[subscriber] = DeliveryFailure(attempts: attempts, error: error)
        }
    }

    /// All deliveries that failed, by message and subscriber, at most `limit`.
    public func failedDeliveries(limit: Int) throws -> [FailedDelivery] {
        try transaction.rows(
            """
            SELECT message_id, type, consumer_id, attempts, error
            FROM delivery_failure JOIN message ON message.id = message_id
            WHERE published = 0
            ORDER BY message_id, consumer_id LIMIT \(limit)
            """
        ).map {
            let (number, type, subscriber, attempts, error): (Int, String, String, Int, String) =
                try $0.values()
            return FailedDelivery(
                message: MessageHeading(id: messageID(number), type: type),
                subscriber: subscriber.isEmpty ? nil : subscriber,
                failure: DeliveryFailure(attempts: attempts, error: error))
        }
    }

    /// How many messages have a failed delivery.
    public func failedCount() throws -> Int {
        try transaction.rows(
            """
            SELECT count(DISTINCT message_id) FROM delivery_failure
                JOIN message ON message.id = message_id WHERE published = 0
            """)[0].values()
    }

    /// How many messages have been purged so far.
    public func purgedCount() throws -> Int {
        try transaction.rows("SELECT coalesce(sum(messages), 0) FROM message_purge")[0].values()
    }

    /// The highest number that has been purged so far, or 0.
    public func purgedThrough() throws -> Int {
        try transaction.rows("SELECT coalesce(max(through_id), 0) FROM message_purge")[0].values()
    }

    /// Whether every message that was ever sent is still there, but for those that were lost with the
    /// rest of the store's rows: see ``StoreAcceptance``.
    public func isComplete() throws -> Bool {
        let lost = try Identities(transaction).lostCount(of: "message")
        let sent = try transaction.counters()["message"] ?? 0
        return try purgedCount() == 0 && count() + lost == sent
    }

    private func messageID(_ number: Int) -> MessageID {
        MessageID(service: transaction.storeName, number: number)
    }

    private func message(_ row: Row) throws -> Message {
        let (number, type, destination, partitionID, headers, payload, created, digest):
            (Int, String, String, String, String, String, Int, Int) = try row.values()
        let actual = MessageDigest.of(
            type: type, destination: destination, partitionID: partitionID, headers: headers,
            payload: payload, created: created)
        let decoded = try? WireFormat.decode([String: String].self, from: headers)
        // Whoever only looks at the message can still see it; a subscriber does not get it.
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
            // It is the first of its chain, whose id was not known when the headers were written.
            complete[MessageHeader.correlationID] = id.description
        }
        return Message(
            id: id, type: type, destination: destination, partitionID: partitionID,
            headers: complete,
            payload: payload, sent: Timestamp(milliseconds: Int64(created)), digest: digest,
            defect: defect)
    }

    private func entry(_ row: Row) throws -> OutboxEntry {
        let message = try message(row)
        let (published, aside): (Int, Int) = try Row(Array(row.columns.suffix(2))).values()
        return OutboxEntry(
            message: message, isPublished: published == 1, isSetAside: aside > 0,
            created: message.sent ?? transaction.now)
    }
}

/// A message and what the outbox knows of it.
public struct OutboxEntry: Hashable, Sendable {
    public let message: Message
    /// Whether every subscriber has handled it.
    public let isPublished: Bool
    /// Whether relays pass it over: everybody who has not handled it has parked it, or something
    /// before it.
    public let isSetAside: Bool
    public let created: Timestamp
}

/// What tells a message from another one of the same number.
struct MessageStamp {
    let digest: Int
    let sent: Timestamp
}

/// A stretch of unpublished messages.
public struct Backlog: Hashable, Sendable {
    public let count: Int
    /// The number of the last one.
    public let through: Int
    /// The length of the longest type name among them, for a table's column.
    public let longestType: Int
}

/// A delivery that has failed so far.
public struct FailedDelivery: Hashable, Sendable {
    public let message: MessageHeading
    /// The id of the subscriber; nil when nobody receives the message.
    public let subscriber: String?
    public let failure: DeliveryFailure
}

/// What is known of a delivery that failed.
public struct DeliveryFailure: Hashable, Sendable {
    /// How often it was tried.
    public let attempts: Int
    /// What went wrong the last time.
    public let error: String
}
