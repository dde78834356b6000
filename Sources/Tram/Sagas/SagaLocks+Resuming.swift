/// Which stashed commands can go on.
extension SagaLocks {
    /// Whether another saga has the lock that the row `stashed` waits for.
    private static let isLockedByAnother: StaticString = """
        EXISTS
            (SELECT 1 FROM saga_lock_table AS held
             WHERE held.target = stashed.target AND stashed.is_behind = 0
                AND (held.saga_type <> stashed.saga_type OR held.saga_id <> stashed.saga_id))
        """

    /// Whether an earlier command of the same saga is stashed on the same channel that the row `stashed`
    /// may not overtake.
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

    /// Whether another saga has the lock, or an earlier command of the same saga is stashed on the same
    /// channel that this one may not overtake.
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

    /// The first command of a saga on a channel that need not wait any more.
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

    /// The command that has waited longest for a lock, if nothing is in its way any more. Those whose
    /// sagas have a command that could not be resumed are passed over.
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

    /// The command that has waited longest on a channel, among those that nothing is in the way of any
    /// more.
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

    /// The first command that a query finds. One whose row cannot be read is left to its outbox, which
    /// still has it, and the next one is looked for.
    private func firstReadable(_ find: () throws -> [Row]) throws -> Message? {
        while let row = try find().first {
            let sequence: Int = try row.values()
            if let message = try message(stashedAs: sequence) { return message }
            try transaction.execute(
                "UPDATE saga_stash_table SET returned = 1 WHERE sequence = \(sequence)")
        }
        return nil
    }

    /// - Returns: nil when the row does not hold a message.
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

    /// The command has been resumed.
    func unstash(_ message: MessageID) throws {
        try transaction.execute(
            "DELETE FROM saga_stash_table WHERE message_id = \(message.description)")
    }
}
