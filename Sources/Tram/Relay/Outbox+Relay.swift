/// What a relay needs of an outbox: the next messages, and what came of them.
extension Outbox {
    /// The next messages that are not marked as published nor set aside, in the order of their ids.
    ///
    /// - Parameters:
    ///   - after: only messages with a higher number.
    ///   - through: only messages with this number at the most.
    package func unpublished(after: Int, through: Int, limit: Int) throws -> [Message] {
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
    package func unpublished(destination: String, partitionID: String) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message
            WHERE published = 0 AND destination = \(destination) AND partition_id = \(partitionID)
            ORDER BY id
            """
        ).map(message)
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

    /// The messages that a relay would look at, after a number, at most `limit` of them: counted but not
    /// read.
    package func backlog(after: Int, limit: Int) throws -> Backlog {
        try transaction.rows(
            """
            SELECT type, count(*), max(id) FROM
                (SELECT id, type FROM message WHERE published = 0 AND aside = 0 AND id > \(after)
                 ORDER BY id LIMIT \(limit)) AS pending
            GROUP BY type
            """
        ).reduce(into: Backlog()) { backlog, row in
            let (type, count, last): (String, Int, Int) = try row.values()
            backlog.types.insert(type)
            backlog.count += count
            backlog.through = max(backlog.through, last)
        }
    }

    /// Marks messages as published: every subscriber has handled them.
    package func markPublished(_ ids: [MessageID]) throws {
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
    package func recordFailure(
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
    package func failures(of id: MessageID) throws -> [String: DeliveryFailure] {
        let rows = try transaction.rows(
            "SELECT consumer_id, attempts, error FROM delivery_failure WHERE message_id = \(id.number)"
        )
        return try rows.reduce(into: [:]) { failures, row in
            let (subscriber, attempts, error): (String, Int, String) = try row.values()
            failures[subscriber] = DeliveryFailure(attempts: attempts, error: error)
        }
    }

    /// The messages, from the one after `after`, that a relay would not bring to every subscriber: those
    /// that are published or set aside, and those that are pending for some subscribers only.
    func notBroughtToAll(after: Int, limit: Int) throws -> [OutboxEntry] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest,
                published, aside
            FROM message
            WHERE id > \(after) AND (published = 1 OR aside = 1
                OR EXISTS (SELECT 1 FROM redelivery WHERE message_id = message.id))
            ORDER BY id LIMIT \(limit)
            """
        ).map(entry)
    }
}

/// What tells a message from another one of the same number.
struct MessageStamp {
    let digest: Int
    let sent: Timestamp
}

/// A stretch of unpublished messages.
package struct Backlog: Hashable, Sendable {
    package var count = 0
    /// The number of the last one.
    package var through = 0
    /// Their types.
    package var types: Set<String> = []
}

/// What is known of a delivery that failed.
public struct DeliveryFailure: Hashable, Sendable {
    /// How often it was tried.
    public let attempts: Int
    /// What went wrong the last time.
    public let error: String
}
