/// The statements of a purge on instances of sagas.
extension SagaInstances {
    /// An instance as a purge sees it: its state, and when something happened to it for the last
    /// time.
    struct Entry {
        /// The number of its row.
        let number: Int
        let saga: SagaReference
        let isEnded: Bool
        let isFailed: Bool
        /// When the last entry of its log was written; nil when it has none.
        let logged: Timestamp?
    }

    /// A page of instances in the order of their numbers, running and ended. The last entry of a
    /// log is found by `saga_log_saga_idx`.
    func entries(after: Int, limit: Int) throws -> [Entry] {
        try transaction.rows(
            """
            SELECT id, saga_type, saga_id, end_state, failed,
                (SELECT creation_time FROM saga_log
                 WHERE saga_log.saga_type = saga_instance.saga_type
                     AND saga_log.saga_id = saga_instance.saga_id
                 ORDER BY saga_log.id DESC LIMIT 1)
            FROM saga_instance WHERE id > \(after) ORDER BY id LIMIT \(limit)
            """
        ).map {
            let (number, type, id, end, failed, logged): (Int, String, String, Int, Int, Int?) =
                try $0.values()
            return Entry(
                number: number, saga: SagaReference(type: type, id: id), isEnded: end == 1,
                isFailed: failed == 1,
                logged: logged.map { Timestamp(milliseconds: Int64($0)) })
        }
    }

    /// Deletes instances with their logs and participants, and records how far it has come.
    ///
    /// Each is deleted only if it has ended and has not failed: that is asked again in the
    /// statement itself.
    ///
    /// - Returns: how many it deleted.
    func purge(_ entries: [Entry]) throws -> Int {
        var through = 0
        var count = 0
        for entry in entries {
            let deleted = try transaction.execute(
                """
                DELETE FROM saga_instance
                WHERE id = \(entry.number) AND end_state = 1 AND failed = 0
                """)
            guard deleted == 1 else { continue }
            count += 1
            through = max(through, entry.number)
            let saga = entry.saga
            try transaction.execute(
                "DELETE FROM saga_log WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)")
            try transaction.execute(
                """
                DELETE FROM saga_instance_participants
                WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                """)
        }
        if count > 0 {
            try transaction.execute(
                """
                INSERT INTO saga_purge (through_id, instances, creation_time)
                VALUES (\(through), \(count), \(Int(transaction.now.milliseconds)))
                """)
        }
        return count
    }

    /// Whether an instance is gone because it was purged: then it had been completed or rolled
    /// back.
    ///
    /// Instances are numbered, so one that is absent and has a number up to the highest purged one
    /// was purged.
    func isPurged(_ saga: SagaReference) throws -> Bool {
        guard let number = Int(saga.id), try purgedThrough() >= number else { return false }
        return try transaction.rows(
            "SELECT 1 FROM saga_instance WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)"
        ).isEmpty
    }

    /// The highest number of an instance that was purged; 0 when none was.
    private func purgedThrough() throws -> Int {
        try transaction.rows("SELECT coalesce(max(through_id), 0) FROM saga_purge")[0].values()
    }

    /// How many instances have been purged so far.
    func purgedCount() throws -> Int {
        try transaction.rows("SELECT coalesce(sum(instances), 0) FROM saga_purge")[0].values()
    }
}
