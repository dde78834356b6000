/// Commands that a subscriber has stashed, and that nobody resumes when the subscriber is gone.
///
/// The table of the stash does not name the subscriber. The inbox does: a stashed command counts as
/// handled there.
extension Subscriptions {
    /// How many commands each subscriber has stashed.
    ///
    /// - Parameter present: commands that one of these subscribers receives are left out, since
    ///   that one resumes them.
    func stashedCounts(except present: [any Subscriber]) throws -> [String: Int] {
        guard try SagaLocks.exist(in: transaction),
            // The inbox is long, and the stash is mostly empty.
            try !transaction.rows("SELECT 1 FROM saga_stash_table LIMIT 1").isEmpty
        else { return [:] }
        return try transaction.rows(
            """
            SELECT handled.consumer_id, stashed.message_type, stashed.destination, count(*)
            FROM saga_stash_table AS stashed
            JOIN received_messages AS handled ON handled.message_id = stashed.message_id
            GROUP BY handled.consumer_id, stashed.message_type, stashed.destination
            """
        ).reduce(into: [:]) { counts, row in
            let (subscriber, type, channel, count): (String, String, String, Int) =
                try row.values()
            if present.contains(where: { $0.accepts(type: type, from: channel) }) { return }
            counts[subscriber, default: 0] += count
        }
    }

    /// Deletes the commands that a subscriber has stashed.
    ///
    /// - Parameters:
    ///   - subscriber: its inbox rows must still be there.
    ///   - present: commands that one of these subscribers receives stay.
    func dropStashed(by subscriber: String, except present: [any Subscriber]) throws {
        guard try SagaLocks.exist(in: transaction) else { return }
        let rows = try transaction.rows(
            """
            SELECT stashed.sequence, stashed.message_type, stashed.destination
            FROM saga_stash_table AS stashed
            JOIN received_messages AS handled ON handled.message_id = stashed.message_id
            WHERE handled.consumer_id = \(subscriber)
            """)
        for row in rows {
            let (sequence, type, channel): (Int, String, String) = try row.values()
            if present.contains(where: { $0.accepts(type: type, from: channel) }) { continue }
            try transaction.execute(
                "DELETE FROM saga_stash_table WHERE sequence = \(sequence)")
        }
    }
}
