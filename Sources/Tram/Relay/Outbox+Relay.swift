/// What a relay needs of an outbox: the next messages, and what came of them.
///
/// The two partial indexes of the table `message` hold only rows with `published = 0`, so these
/// reads cost what the backlog costs, however many messages have been published and not purged. A
/// query uses such an index only when its condition says `published = 0` itself; that is why it is
/// repeated in each one.
extension Outbox {
    /// The next pending messages in the order of their numbers: neither published nor set aside.
    /// They are read from the index `message_published_idx (id, aside)`, and only the rows that are
    /// taken from the table.
    ///
    /// - Parameters:
    ///   - after: only messages with a higher number.
    ///   - through: only messages with this number at the most: what is sent during a pass is not
    ///     part of it.
    ///   - limit: how many at most.
    package func unpublished(after: Int, through: Int, limit: Int) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message WHERE published = 0 AND aside = 0 AND id > \(after) AND id <= \(through)
            ORDER BY id LIMIT \(limit)
            """
        ).map(message)
    }

    /// The next messages that are not published, and from `number` on all of them, in the order of
    /// their numbers. The two halves do not overlap: the first ends with `number`, the second
    /// begins behind it. Messages that were set aside are included.
    ///
    /// - Parameters:
    ///   - after: only messages with a higher number.
    ///   - number: behind this number, published messages are told as well.
    ///   - limit: how many at most.
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

    /// The unpublished messages of one channel and partition id, in the order of their numbers,
    /// also those that were set aside. The index `message_pending_of_aggregate_idx` answers this
    /// without a look at other aggregates.
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

    /// What tells a message from another one that has had the same number; nil when there is no
    /// such row, because it was purged or never sent. Read by primary key.
    func stamp(of number: Int) throws -> MessageStamp? {
        try transaction.rows(
            "SELECT digest, creation_time FROM message WHERE id = \(number)"
        ).first.map {
            let (digest, created): (Int, Int) = try $0.values()
            return MessageStamp(
                digest: digest, sent: Timestamp(milliseconds: Int64(created)))
        }
    }

    /// Counts the messages that a relay would look at, without reading their contents: how many
    /// there are, of which types, and the number of the last one.
    ///
    /// The inner query takes the bounded stretch from the index, the outer one groups it. The type
    /// is a column of the table, so each row is looked up once.
    ///
    /// - Parameters:
    ///   - after: only messages with a higher number.
    ///   - limit: how many at most.
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

    /// Marks messages as published, every subscriber having handled them, and forgets their
    /// failures and dead letters.
    package func markPublished(_ ids: [MessageID]) throws {
        for id in ids {
            try markPublishedOnly(id)
            try forgetFailures(of: id.number)
        }
    }

    /// Marks a message as published, and leaves alone what is known of its failures: for one that
    /// is stashed, whose attempts still count when it is resumed. That it was pending for some
    /// subscribers only (`redelivery`) is over as well.
    func markPublishedOnly(_ id: MessageID) throws {
        try transaction.execute("DELETE FROM redelivery WHERE message_id = \(id.number)")
        try transaction.execute(
            "UPDATE message SET published = 1, aside = 0 WHERE id = \(id.number)")
    }

    /// Counts one more failure of a delivery, and keeps the error of the last one.
    ///
    /// The insert and the update are one statement, so that two relays which fail at the same
    /// delivery count twice and lose nothing.
    ///
    /// - Returns: how often the delivery has failed now.
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

    /// The failures of a message's deliveries, by subscriber; parked deliveries are dead letters
    /// and not counted here.
    package func failures(of id: MessageID) throws -> [String: DeliveryFailure] {
        let rows = try transaction.rows(
            "SELECT consumer_id, attempts, error FROM delivery_failure WHERE message_id = \(id.number)"
        )
        return try rows.reduce(into: [:]) { failures, row in
            let (subscriber, attempts, error): (String, Int, String) = try row.values()
            failures[subscriber] = DeliveryFailure(attempts: attempts, error: error)
        }
    }

    /// The messages, from the one after `after`, that a relay would not bring to every subscriber
    /// by itself: those that are published or set aside, and those that are pending for some
    /// subscribers only. It reads the table in the order of its primary key, since most rows
    /// qualify.
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

/// What tells a message from another one of the same number: the digest of its content, and when it
/// was sent. Compared where a store may have been put back and have given a number out twice.
struct MessageStamp {
    let digest: Int
    let sent: Timestamp
}

/// A stretch of pending messages, counted before any of them is delivered.
package struct Backlog: Hashable, Sendable {
    /// How many messages there are.
    package var count = 0
    /// The number of the last one.
    package var through = 0
    /// Their types.
    package var types: Set<String> = []
}

/// How often one delivery has failed, and why the last time.
public struct DeliveryFailure: Hashable, Sendable {
    /// How often the delivery was tried, from 1.
    public let attempts: Int
    /// The error of the last attempt, in words.
    public let error: String
}
