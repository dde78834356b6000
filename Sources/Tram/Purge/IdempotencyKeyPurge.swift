/// Removes the idempotency keys that are older than a time: a request that comes again after that is
/// a new one.
struct IdempotencyKeyPurge {
    let store: any Store
    let olderThan: Timestamp
    /// How many rows are looked at, and deleted, at a time.
    let page: Int

    /// - Returns: how many it removed.
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
