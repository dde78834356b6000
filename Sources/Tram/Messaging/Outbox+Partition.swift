extension Outbox {
    /// All messages of a channel's partition, published or not, by number: the history of one
    /// aggregate.
    ///
    /// It looks through the whole table, since only pending messages have an index. It is meant for
    /// tools that show one aggregate, not for the work of a relay.
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
