extension Outbox {
    /// All messages of a channel's partition, published or not, by number. It looks through the whole
    /// table: only pending messages have an index.
    package func messages(destination: String, partitionID: String) throws -> [Message] {
        try transaction.rows(
            """
            SELECT id, type, destination, partition_id, headers, payload, creation_time, digest
            FROM message WHERE destination = \(destination) AND partition_id = \(partitionID)
            ORDER BY id
            """
        ).map(message)
    }
}
