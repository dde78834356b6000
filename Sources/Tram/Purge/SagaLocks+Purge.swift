/// What a purge asks about locks and stashed commands.
extension SagaLocks {
    /// Whether the store has the tables of sagas. A service that only handles events need not have
    /// them.
    static func exist(in transaction: any Transaction) throws -> Bool {
        try transaction.hasTable("saga_stash_table")
    }

    /// Whether a message is in the stash, also when it was given back.
    func isStashed(_ message: MessageID) throws -> Bool {
        try !transaction.rows(
            "SELECT 1 FROM saga_stash_table WHERE message_id = \(message.description)"
        ).isEmpty
    }

    /// A page of the commands in the stash, in the order in which they came.
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

    /// A page of the locks that are held, in the order of their names.
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
