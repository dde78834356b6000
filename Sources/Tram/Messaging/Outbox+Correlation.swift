/// The messages of a chain: those with one correlation id.
extension Outbox {
    /// The messages with a correlation id, in the order of their ids. It looks through the whole table, or
    /// through its pending messages: the id has no index.
    ///
    /// - Parameter pendingOnly: only those that not every subscriber has handled.
    package func messages(
        correlationID: String, pendingOnly: Bool = false
    ) throws -> [Message] {
        let first = MessageID(correlationID)
        let own = first?.service == transaction.storeName ? first?.number ?? 0 : 0
        let text = WireFormat.encode(texts: [MessageHeader.correlationID: correlationID])
        // It may find more, since `_` and `%` stand for anything in it, and never less.
        let pattern = "%" + text.dropFirst().dropLast() + "%"
        let rows: [Row]
        if pendingOnly {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
                FROM message WHERE published = 0 AND (id = \(own) OR headers LIKE \(pattern))
                ORDER BY id
                """)
        } else {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
                FROM message WHERE id = \(own) OR headers LIKE \(pattern) ORDER BY id
                """)
        }
        return try rows.map(message).filter { $0.correlationID == correlationID }
    }

    /// The messages of a type on a channel, in the order of their ids, from the one after `number`.
    ///
    /// - Parameter partitionID: only those with this partition id; all when nil.
    package func messages(
        ofType type: String, destination: String, partitionID: String? = nil, after number: Int,
        limit: Int
    ) throws -> [Message] {
        let rows: [Row]
        if let partitionID {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
                FROM message
                WHERE id > \(number) AND type = \(type) AND destination = \(destination)
                    AND partition_id = \(partitionID)
                ORDER BY id LIMIT \(limit)
                """)
        } else {
            rows = try transaction.rows(
                """
                SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
                FROM message
                WHERE id > \(number) AND type = \(type) AND destination = \(destination)
                ORDER BY id LIMIT \(limit)
                """)
        }
        return try rows.map(message)
    }
}
