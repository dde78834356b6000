/// The stash: commands that wait for a lock, in the table `saga_stash_table`, with everything that
/// is needed to handle them later. They are published, and their inbox row says `stashed`.
///
/// A command that could not be resumed is given back (`returned = 1`): it keeps its place in the
/// stash, and comes from its outbox again, which counts the failure. The commands of one saga on
/// one channel are resumed in the order in which they came; only a compensation need not wait
/// behind an action, see ``takeOut(undoneBy:on:)``.
extension SagaLocks {
    /// Keeps a command until the lock is free. One that is kept already keeps its place, and takes
    /// over the headers and payload that it has now: an operator may have edited them.
    ///
    /// - Parameters:
    ///   - message: the command.
    ///   - origin: its saga and step.
    ///   - target: the lock that it waits for.
    ///   - isBehind: whether it only waits behind an earlier command of its saga, which needs that
    ///     lock.
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

    /// The lock that a command must wait for because an earlier one of its saga on this channel
    /// does; nil when there is none.
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

    /// How many commands wait for a lock; those that wait only behind another command of their saga
    /// do not count. A participant can refuse further ones when there are too many: see
    /// ``LockConflict``.
    func waitingCount(for target: String, on channel: String) throws -> Int {
        try transaction.rows(
            """
            SELECT count(*) FROM saga_stash_table
            WHERE target = \(target) AND destination = \(channel) AND returned = 0
                AND is_behind = 0
            """)[0].values()
    }

    /// The commands of a saga in the stash, in the order in which they came.
    ///
    /// - Parameters:
    ///   - saga: the saga.
    ///   - givenBack: false for those that wait, true for those that could not be resumed.
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
        /// Whether it could not be resumed before.
        let isGivenBack: Bool
        /// Whether an earlier command of its step may have been handled.
        let isRepeated: Bool
    }

    /// Takes out the commands that a compensation would undo: they will never be handled.
    ///
    /// Without this, a compensation could wait behind the very action that it is to undo, for a
    /// lock that may not be freed for long; or the action would be done after it was undone. The
    /// inbox rows of these commands stay, so that they are duplicates when their outboxes deliver
    /// them again.
    ///
    /// - Returns: those commands, in the order in which they came. None for a command that is no
    ///   compensation.
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

    /// Leaves a command that could not be resumed to its outbox.
    func giveBack(_ message: MessageID) throws {
        try transaction.execute(
            "UPDATE saga_stash_table SET returned = 1 WHERE message_id = \(message.description)")
    }

    /// The commands on a channel that were given back, in the order in which they came. The partial
    /// index `saga_stash_returned_idx` holds only these.
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

    /// Forgets a command, and gives its saga's next one on the channel back: nothing is handled now
    /// that would ask whether that one can go on, so its outbox must deliver it.
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
