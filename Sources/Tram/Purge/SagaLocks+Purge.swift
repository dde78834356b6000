/// What a purge asks about locks and stashed commands.
extension SagaLocks {
    /// Whether the store has the tables of sagas.
    static func exist(in transaction: any Transaction) throws -> Bool {
        try transaction.hasTable("saga_stash_table")
    }

    /// Whether a message waits for a lock.
    func isStashed(_ message: MessageID) throws -> Bool {
        try !transaction.rows(
            "SELECT 1 FROM saga_stash_table WHERE message_id = \(message.description)"
        ).isEmpty
    }

    /// The commands that wait for locks, in the order in which they came, from the one after `after`.
    func stashed(
        after: Int, limit: Int
    ) throws -> [(sequence: Int, message: MessageID?, saga: SagaReference)] {
        try transaction.rows(
            """
            SELECT sequence, message_id, saga_type, saga_id FROM saga_stash_table
            WHERE sequence > \(after) ORDER BY sequence LIMIT \(limit)
            """
        ).map {
            let (sequence, message, type, id): (Int, String, String, String) = try $0.values()
            return (sequence, MessageID(message), SagaReference(type: type, id: id))
        }
    }

    /// The locks that are held, in the order of their names, from the one after `after`.
    func locks(
        after: String, limit: Int
    ) throws -> [(target: String, saga: SagaReference)] {
        try transaction.rows(
            """
            SELECT target, saga_type, saga_id FROM saga_lock_table
            WHERE target > \(after) ORDER BY target LIMIT \(limit)
            """
        ).map {
            let (target, type, id): (String, String, String) = try $0.values()
            return (target, SagaReference(type: type, id: id))
        }
    }
}
