/// Which stashed commands can go on.
///
/// A command waits for one of two reasons: another saga holds its lock, or an earlier command of
/// its own saga on the same channel is still stashed, and must not be overtaken. Both are
/// conditions on the row `stashed`, and every query here uses the same text for them, so that they
/// cannot differ. A command with `is_behind = 1` waits for the second reason only: its own lock is
/// claimed when it is its turn.
extension SagaLocks {
    /// Whether another saga has the lock that the row `stashed` waits for. The primary key of
    /// `saga_lock_table` finds the lock.
    private static let isLockedByAnother: StaticString = """
        EXISTS
            (SELECT 1 FROM saga_lock_table AS held
             WHERE held.target = stashed.target AND stashed.is_behind = 0
                AND (held.saga_type <> stashed.saga_type OR held.saga_id <> stashed.saga_id))
        """

    /// Whether an earlier command of the same saga is stashed on the same channel that the row
    /// `stashed` may not overtake. The index `saga_stash_saga_idx` finds the saga's rows. A
    /// compensation overtakes actions, but not other compensations, nor rows of which it is not
    /// known what they are (`step_name` is null in rows of older versions).
    private static let isBehindItsOwn: StaticString = """
        EXISTS
            (SELECT 1 FROM saga_stash_table AS earlier
             WHERE earlier.saga_type = stashed.saga_type AND earlier.saga_id = stashed.saga_id
                AND earlier.destination = stashed.destination
                AND earlier.sequence < stashed.sequence
                AND (stashed.is_compensation = 0 OR earlier.is_compensation = 1
                    OR earlier.step_name IS NULL))
        """

    /// Where a stashed command stands.
    struct StashedCommand {
        /// Its place: commands are resumed in this order.
        let sequence: Int
        /// Whether it could not be resumed, and comes from its outbox again.
        let isGivenBack: Bool
    }

    /// Where a command is stashed; nil when it is not.
    func stashed(_ message: MessageID) throws -> StashedCommand? {
        try transaction.rows(
            """
            SELECT sequence, returned FROM saga_stash_table
            WHERE message_id = \(message.description)
            """
        ).first.map {
            let (sequence, isGivenBack): (Int, Int) = try $0.values()
            return StashedCommand(sequence: sequence, isGivenBack: isGivenBack == 1)
        }
    }

    /// Whether a stashed command must wait longer: another saga has the lock, or it is behind a
    /// command of its own saga.
    func mustWait(_ command: StashedCommand) throws -> Bool {
        let reasons: Int = try transaction.rows(
            """
            SELECT count(*) FROM saga_stash_table AS stashed
            WHERE sequence = \(command.sequence)
                AND (\(piece: Self.isLockedByAnother)
                    OR \(piece: Self.isBehindItsOwn))
            """)[0].values()
        return reasons > 0
    }

    /// The first command of a saga on a channel that need not wait any more: asked after another
    /// command of the saga was handled.
    func nextToResume(of saga: SagaReference, on channel: String) throws -> Message? {
        try firstReadable {
            try transaction.rows(
                """
                SELECT sequence FROM saga_stash_table AS stashed
                WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                    AND destination = \(channel) AND returned = 0
                    AND NOT \(piece: Self.isLockedByAnother)
                    AND NOT \(piece: Self.isBehindItsOwn)
                ORDER BY sequence LIMIT 1
                """)
        }
    }

    /// The command that has waited longest for a lock, if nothing is in its way any more: asked
    /// when the lock was freed. If a saga has claimed the lock in the meantime, only that saga's
    /// commands can go on. Commands behind one that could not be resumed are passed over.
    func nextToResume(waitingFor target: String, on channel: String) throws -> Message? {
        if let owner = try owner(of: target) { return try nextToResume(of: owner, on: channel) }
        return try firstReadable {
            try transaction.rows(
                """
                SELECT sequence FROM saga_stash_table AS stashed
                WHERE target = \(target) AND destination = \(channel) AND returned = 0
                    AND NOT \(piece: Self.isBehindItsOwn)
                ORDER BY sequence LIMIT 1
                """)
        }
    }

    /// The command that has waited longest on a channel, among those that need not wait any more:
    /// asked when a saga has freed all its locks at once, and it is not known which.
    func nextToResume(on channel: String) throws -> Message? {
        try firstReadable {
            try transaction.rows(
                """
                SELECT sequence FROM saga_stash_table AS stashed
                WHERE destination = \(channel) AND returned = 0
                    AND NOT \(piece: Self.isLockedByAnother)
                    AND NOT \(piece: Self.isBehindItsOwn)
                ORDER BY sequence LIMIT 1
                """)
        }
    }

    /// The first command that a query finds. One whose row cannot be read is left to its outbox,
    /// which still has the message, and the query is run again; it cannot find the same row twice,
    /// since all of them ask for `returned = 0`.
    private func firstReadable(_ find: () throws -> [Row]) throws -> Message? {
        while let row = try find().first {
            let sequence: Int = try row.values()
            if let message = try message(stashedAs: sequence) { return message }
            try transaction.execute(
                "UPDATE saga_stash_table SET returned = 1 WHERE sequence = \(sequence)")
        }
        return nil
    }

    /// Reads a stashed command; nil when the row does not hold a message, because somebody has
    /// edited it.
    private func message(stashedAs sequence: Int) throws -> Message? {
        let row = try transaction.rows(
            """
            SELECT message_id, message_type, destination, partition_id, message_headers,
                message_payload
            FROM saga_stash_table WHERE sequence = \(sequence)
            """)[0]
        let (id, type, destination, partitionID, headers, payload):
            (String, String, String, String, String, String) = try row.values()
        guard let id = MessageID(id),
            let headers = try? WireFormat.decode([String: String].self, from: headers)
        else { return nil }
        return Message(
            id: id, type: type, destination: destination, partitionID: partitionID,
            headers: headers, payload: payload)
    }

    /// Removes a command from the stash: it has been resumed, or will never be.
    func unstash(_ message: MessageID) throws {
        try transaction.execute(
            "DELETE FROM saga_stash_table WHERE message_id = \(message.description)")
    }
}
