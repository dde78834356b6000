/// Deletes the idempotency keys that are older than a time. A request that is repeated after that
/// is carried out again.
///
/// Nothing can prove that a client will not repeat a request, so only the age counts. Ages have no
/// index: all keys are read, in the order of the primary key, a page at a time.
struct IdempotencyKeyPurge {
    let store: any Store
    /// Keys from this time or before it are deleted.
    let olderThan: Timestamp
    /// How many rows are read, and share a transaction, at the most.
    let page: Int

    /// - Returns: how many keys it deleted.
    func run() throws -> Int {
        var count = 0
        var after = ""
        while true {
            let keys = try store.read { try next(after: after, in: $0) }
            guard let last = keys.last else { return count }
            let old = keys.filter { $0.created <= olderThan }
            if !old.isEmpty {
                count += try store.write { transaction in
                    try old.reduce(0) { count, key in
                        try count
                            + transaction.execute(
                                """
                                DELETE FROM idempotency_key
                                WHERE idempotency_key = \(key.name)
                                    AND creation_time <= \(Int(olderThan.milliseconds))
                                """)
                    }
                }
            }
            after = last.name
        }
    }

    /// A page of keys in the order of the primary key, old and new ones.
    private func next(
        after: String, in transaction: any Transaction
    ) throws -> [(name: String, created: Timestamp)] {
        try transaction.rows(
            """
            SELECT idempotency_key, creation_time FROM idempotency_key
            WHERE idempotency_key > \(after) ORDER BY idempotency_key LIMIT \(page)
            """
        ).map {
            let (name, created): (String, Int) = try $0.values()
            return (name, Timestamp(milliseconds: Int64(created)))
        }
    }
}
