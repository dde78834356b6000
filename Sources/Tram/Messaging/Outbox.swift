/// The messages that a service has sent, kept in its own store.
///
/// A message is inserted in the transaction that changes the sender's rows, so it is sent exactly
/// when they are changed (the pattern "Transactional outbox", Chris Richardson, *Microservices
/// Patterns*, section 3.3). A relay delivers it later and marks it as published.
public struct Outbox {
    private let transaction: any Transaction

    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Inserts a message.
    ///
    /// - Returns: the id that it got. Ids ascend in the order of commits.
    @discardableResult
    public func append(_ message: OutgoingMessage) throws -> MessageID {
        let headers = message.headers.merging([
            MessageHeader.partitionID: message.partitionID,
            MessageHeader.destination: message.destination,
            MessageHeader.date: transaction.now.httpDate,
        ]) { _, standard in standard }
        let rows = try transaction.rows(
            """
            INSERT INTO message
                (destination, partition_id, type, headers, payload, creation_time)
            VALUES
                (\(message.destination), \(message.partitionID), \(message.type),
                 \(try WireFormat.encode(headers)), \(message.payload),
                 \(Int(transaction.now.milliseconds)))
            RETURNING id
            """)
        return messageID(try rows[0].values())
    }

    /// The next messages that are not marked as published, in the order of their ids.
    ///
    /// - Parameters:
    ///   - after: only messages with a higher number.
    ///   - through: only messages with this number at the most.
    public func unpublished(after: Int, through: Int, limit: Int) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time FROM message
            WHERE published = 0 AND id > \(after) AND id <= \(through) ORDER BY id LIMIT \(limit)
            """
        ).map(message)
    }

    /// The unpublished messages of one channel and partition id, in the order of their ids.
    public func unpublished(destination: String, partitionID: String) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time FROM message
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
                    creation_time, published
                FROM message WHERE published = 0 AND id > \(after) ORDER BY id LIMIT \(limit)
                """)
        } else {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload,
                    creation_time, published
                FROM message WHERE id > \(after) ORDER BY id LIMIT \(limit)
                """)
        }
        return try rows.map(entry)
    }

    /// One message, or nil when there is none with that number.
    public func message(_ number: Int) throws -> OutboxEntry? {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, published
            FROM message WHERE id = \(number)
            """
        ).first.map(entry)
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

    /// The unpublished messages after a number, at most `limit` of them, counted but not read.
    public func backlog(after: Int, limit: Int) throws -> Backlog {
        let row = try transaction.rows(
            """
            SELECT count(*), coalesce(max(id), 0), coalesce(max(length(type)), 0) FROM
                (SELECT id, type FROM message WHERE published = 0 AND id > \(after)
                 ORDER BY id LIMIT \(limit)) AS pending
            """)[0]
        let (count, through, longestType): (Int, Int, Int) = try row.values()
        return Backlog(count: count, through: through, longestType: longestType)
    }

    /// How many messages there are.
    public func count() throws -> Int {
        try transaction.rows("SELECT count(*) FROM message")[0].values()
    }

    /// How many messages are not marked as published.
    public func unpublishedCount() throws -> Int {
        try transaction.rows("SELECT count(*) FROM message WHERE published = 0")[0].values()
    }

    /// Marks messages as published: every subscriber has handled them.
    public func markPublished(_ ids: [MessageID]) throws {
        for id in ids {
            try transaction.execute("UPDATE message SET published = 1 WHERE id = \(id.number)")
            try transaction.execute(
                "DELETE FROM delivery_failure WHERE message_id = \(id.number)")
        }
    }

    /// Remembers that a subscriber's handler failed, and why.
    public func recordFailure(of id: MessageID, subscriber: String, error: String) throws {
        try transaction.execute(
            """
            INSERT INTO delivery_failure (message_id, consumer_id, attempts, error)
            VALUES (\(id.number), \(subscriber), 1, \(error))
            ON CONFLICT (message_id, consumer_id)
            DO UPDATE SET attempts = delivery_failure.attempts + 1, error = excluded.error
            """)
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

    /// How many messages have a failed delivery.
    public func failedCount() throws -> Int {
        try transaction.rows("SELECT count(DISTINCT message_id) FROM delivery_failure")[0].values()
    }

    /// Deletes the published messages, and remembers that it did: what is left no longer tells the
    /// whole past.
    ///
    /// - Returns: how many it deleted.
    public func purge() throws -> Int {
        let through: Int = try transaction.rows(
            "SELECT coalesce(max(id), 0) FROM message WHERE published = 1")[0].values()
        let count = try transaction.execute("DELETE FROM message WHERE published = 1")
        if count > 0 {
            try transaction.execute(
                """
                INSERT INTO message_purge (through_id, messages, creation_time)
                VALUES (\(through), \(count), \(Int(transaction.now.milliseconds)))
                """)
        }
        return count
    }

    /// How many messages have been purged so far.
    public func purgedCount() throws -> Int {
        try transaction.rows("SELECT coalesce(sum(messages), 0) FROM message_purge")[0].values()
    }

    /// The highest number that has been purged so far, or 0.
    public func purgedThrough() throws -> Int {
        try transaction.rows("SELECT coalesce(max(through_id), 0) FROM message_purge")[0].values()
    }

    /// Whether every message that was ever sent is still there.
    public func isComplete() throws -> Bool {
        let row = try transaction.rows("SELECT count(*), coalesce(max(id), 0) FROM message")[0]
        let (count, highest): (Int, Int) = try row.values()
        return try count == highest && purgedCount() == 0
    }

    private func messageID(_ number: Int) -> MessageID {
        MessageID(service: transaction.storeName, number: number)
    }

    private func message(_ row: Row) throws -> Message {
        let (number, type, destination, partitionID, headers, payload, created):
            (Int, String, String, String, String, String, Int) = try row.values()
        // Headers that cannot be read are an error of the handler that misses one, not of whoever
        // looks at the message.
        var decoded = (try? WireFormat.decode([String: String].self, from: headers)) ?? [:]
        decoded[MessageHeader.id] = messageID(number).description
        return Message(
            id: messageID(number), type: type, destination: destination, partitionID: partitionID,
            headers: decoded, payload: payload,
            sent: Timestamp(milliseconds: Int64(created)))
    }

    private func entry(_ row: Row) throws -> OutboxEntry {
        let message = try message(row)
        let published: Int = try Row(Array(row.columns.suffix(1))).values()
        return OutboxEntry(
            message: message, isPublished: published == 1,
            created: message.sent ?? transaction.now)
    }
}

/// A message and what the outbox knows of it.
public struct OutboxEntry: Hashable, Sendable {
    public let message: Message
    /// Whether every subscriber has handled it.
    public let isPublished: Bool
    public let created: Timestamp
}

/// A stretch of unpublished messages.
public struct Backlog: Hashable, Sendable {
    public let count: Int
    /// The number of the last one.
    public let through: Int
    /// The length of the longest type name among them, for a table's column.
    public let longestType: Int
}

/// What is known of a delivery that failed.
public struct DeliveryFailure: Hashable, Sendable {
    /// How often it was tried.
    public let attempts: Int
    /// What went wrong the last time.
    public let error: String
}
