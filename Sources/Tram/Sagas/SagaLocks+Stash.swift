/// The commands that wait for a lock, or were given back: those could not be resumed, and are left to their
/// outboxes (the column `returned`). Those of one saga on one channel are resumed in the order in which
/// they came; only a compensation need not wait behind an action, see
/// ``takeOut(undoneBy:on:)``.
extension SagaLocks {
    /// Keeps a command until the lock is free. One that is kept already keeps its place.
    ///
    /// - Parameter isBehind: whether an earlier command of its saga needs the lock, and it only waits
    ///   for its turn.
    func stash(
        _ message: Message, _ origin: SagaCommandOrigin, until target: String,
        isBehind: Bool = false
    ) throws {
        try transaction.execute(
            """
            INSERT INTO saga_stash_table
                (message_id, target, saga_type, saga_id, step_name, is_compensation, is_repeated,
                 is_behind, message_type, destination, partition_id, message_headers, message_payload)
            VALUES
                (\(message.id.description), \(target), \(origin.saga.type), \(origin.saga.id),
                 \(origin.step), \(origin.isCompensation ? 1 : 0), \(origin.isRepeated ? 1 : 0),
                 \(isBehind ? 1 : 0), \(message.type), \(message.destination), \(message.partitionID),
                 \(try WireFormat.encode(message.headers)), \(message.payload))
            ON CONFLICT (message_id) DO UPDATE
            SET target = excluded.target, is_behind = excluded.is_behind, returned = 0,
                message_headers = excluded.message_headers,
                message_payload = excluded.message_payload
            """)
    }

    /// The lock that a command must wait for because an earlier one of its saga on this channel does;
    /// nil when there is none.
    ///
    /// A compensation waits only behind other compensations, and behind commands of which it is not
    /// known whose step they do.
    func targetAwaited(ahead command: SagaCommandOrigin, on channel: String) throws -> String? {
        try transaction.rows(
            """
            SELECT target FROM saga_stash_table
            WHERE saga_type = \(command.saga.type) AND saga_id = \(command.saga.id)
                AND destination = \(channel)
                AND (\(command.isCompensation ? 1 : 0) = 0
                    OR is_compensation = 1 OR step_name IS NULL)
            ORDER BY sequence LIMIT 1
            """
        ).first.map { try $0.values() }
    }

    /// How many sagas' commands wait for a lock. Those that wait only behind another command of their
    /// saga do not count.
    func waitingCount(for target: String, on channel: String) throws -> Int {
        try transaction.rows(
            """
            SELECT count(*) FROM saga_stash_table
            WHERE target = \(target) AND destination = \(channel) AND returned = 0
                AND is_behind = 0
            """)[0].values()
    }

    /// The commands of a saga that wait for a lock.
    ///
    /// - Parameter givenBack: whether those are meant that could not be resumed instead.
    func stashedCommands(
        of saga: SagaReference, givenBack: Bool = false
    ) throws -> [MessageHeading] {
        try transaction.rows(
            """
            SELECT message_id, message_type FROM saga_stash_table
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                AND returned = \(givenBack ? 1 : 0)
            ORDER BY sequence
            """
        ).compactMap { row in
            let (id, type): (String, String) = try row.values()
            return MessageID(id).map { MessageHeading(id: $0, type: type) }
        }
    }

    /// What a stashed command is, also when it was given back; nil when the stash does not have it.
    func heading(stashed message: MessageID) throws -> MessageHeading? {
        try transaction.rows(
            "SELECT message_type FROM saga_stash_table WHERE message_id = \(message.description)"
        ).first.map { MessageHeading(id: message, type: try $0.values()) }
    }

    // MARK: Compensations

    /// A command that was taken out of the stash.
    struct TakenOut {
        /// The id as the row holds it.
        let message: String
        let type: String
        let target: String
        let isGivenBack: Bool
        let isRepeated: Bool
    }

    /// Takes out the commands that a compensation would undo: they will never be handled. Their inbox
    /// rows stay, so that they are not handled either when their outboxes deliver them again.
    ///
    /// - Returns: those commands, in the order in which they came.
    func takeOut(undoneBy compensation: SagaCommandOrigin, on channel: String) throws -> [TakenOut]
    {
        guard compensation.isCompensation, let step = compensation.step else { return [] }
        let saga = compensation.saga
        let taken: [TakenOut] = try transaction.rows(
            """
            SELECT message_id, message_type, target, returned, is_repeated FROM saga_stash_table
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) AND destination = \(channel)
                AND step_name = \(step) AND is_compensation = 0
            ORDER BY sequence
            """
        ).map {
            let (message, type, target, isGivenBack, isRepeated):
                (String, String, String, Int, Int) = try $0.values()
            return TakenOut(
                message: message, type: type, target: target, isGivenBack: isGivenBack == 1,
                isRepeated: isRepeated == 1)
        }
        if taken.isEmpty { return [] }
        try transaction.execute(
            """
            DELETE FROM saga_stash_table
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) AND destination = \(channel)
                AND step_name = \(step) AND is_compensation = 0
            """)
        return taken
    }

    // MARK: Commands that could not be resumed

    /// Leaves the command to its outbox.
    func giveBack(_ message: MessageID) throws {
        try transaction.execute(
            "UPDATE saga_stash_table SET returned = 1 WHERE message_id = \(message.description)")
    }

    /// The commands on a channel that were left to their outboxes.
    func givenBack(on channel: String) throws -> [MessageID] {
        try transaction.rows(
            """
            SELECT message_id FROM saga_stash_table WHERE returned = 1 AND destination = \(channel)
            ORDER BY sequence
            """
        ).compactMap { row in
            let id: String = try row.values()
            return MessageID(id)
        }
    }

    /// Forgets a command, and leaves its saga's next one to its outbox.
    func drop(_ message: MessageID) throws {
        let rows = try transaction.rows(
            """
            SELECT saga_type, saga_id, destination FROM saga_stash_table
            WHERE message_id = \(message.description)
            """)
        guard let row = rows.first else { return }
        let (type, id, channel): (String, String, String) = try row.values()
        try unstash(message)
        try transaction.execute(
            """
            UPDATE saga_stash_table SET returned = 1
            WHERE sequence =
                (SELECT min(sequence) FROM saga_stash_table
                 WHERE saga_type = \(type) AND saga_id = \(id) AND destination = \(channel))
            """)
    }
}
