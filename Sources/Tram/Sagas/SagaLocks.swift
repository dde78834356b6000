/// A saga, by its type and id. It is written `CreateOrderSaga 1`.
public struct SagaReference: Hashable, Sendable, CustomStringConvertible {
    public let type: String
    public let id: String

    public init(type: String, id: String) {
        self.type = type
        self.id = id
    }

    /// The saga that sent a command; nil when it was none.
    init?(of command: Message) {
        guard let type = command.headers[MessageHeader.commandSagaType],
            let id = command.headers[MessageHeader.commandSagaID]
        else { return nil }
        self.init(type: type, id: id)
    }

    /// The channel on which sagas of a type receive their replies.
    static func replyChannel(ofType type: String) -> String { type + "-reply" }

    public var description: String { "\(type) \(id)" }
}

/// Asks a participant to free a lock of a saga that has ended. The lock's name is a header.
struct SagaUnlock: Command {
    static let commandType = "SagaUnlockCommand"
}

extension Transaction {
    /// Asks a participant to free a lock that it holds for a saga.
    package func unlock(_ target: String, on channel: String, of saga: SagaReference) throws {
        try send(
            SagaUnlock(), to: CommandChannel(stringLiteral: channel), orderedBy: saga.id,
            sagaHeaders: [
                MessageHeader.commandSagaType: saga.type,
                MessageHeader.commandSagaID: saga.id,
                MessageHeader.commandResource: target,
            ])
    }
}

/// Semantic locks: what a saga has for itself at a participant until it ends, and the commands of
/// other sagas that wait for it (the countermeasure "semantic lock", Chris Richardson, *Microservices
/// Patterns*, section 4.3).
struct SagaLocks {
    let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    enum Claim {
        case claimed
        case alreadyHeld
        case refused(owner: SagaReference)
    }

    func claim(_ target: String, for saga: SagaReference) throws -> Claim {
        let isNew =
            try transaction.execute(
                """
                INSERT INTO saga_lock_table (target, saga_type, saga_id)
                VALUES (\(target), \(saga.type), \(saga.id)) ON CONFLICT DO NOTHING
                """) == 1
        if isNew { return .claimed }
        let (type, id): (String, String) = try transaction.rows(
            "SELECT saga_type, saga_id FROM saga_lock_table WHERE target = \(target)")[0].values()
        let owner = SagaReference(type: type, id: id)
        return owner == saga ? .alreadyHeld : .refused(owner: owner)
    }

    /// - Returns: whether the saga held it.
    func release(_ target: String, of saga: SagaReference) throws -> Bool {
        try transaction.execute(
            """
            DELETE FROM saga_lock_table
            WHERE target = \(target) AND saga_type = \(saga.type) AND saga_id = \(saga.id)
            """) == 1
    }

    /// Keeps a command until the lock is free. One that is kept already keeps its place.
    func stash(_ message: Message, for saga: SagaReference, until target: String) throws {
        try transaction.execute(
            """
            INSERT INTO saga_stash_table
                (message_id, target, saga_type, saga_id, message_type, destination, partition_id,
                 message_headers, message_payload)
            VALUES
                (\(message.id.description), \(target), \(saga.type), \(saga.id), \(message.type),
                 \(message.destination), \(message.partitionID),
                 \(try WireFormat.encode(message.headers)), \(message.payload))
            ON CONFLICT (message_id) DO UPDATE
            SET target = excluded.target, returned = 0,
                message_headers = excluded.message_headers,
                message_payload = excluded.message_payload
            """)
    }

    /// The lock that a command of the saga on this channel waits for; nil when none waits.
    func targetAwaited(by saga: SagaReference, on channel: String) throws -> String? {
        try transaction.rows(
            """
            SELECT target FROM saga_stash_table
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) AND destination = \(channel)
            ORDER BY sequence LIMIT 1
            """
        ).first.map { try $0.values() }
    }

    /// The commands of a saga that wait for a lock.
    func stashedCommands(of saga: SagaReference) throws -> [MessageHeading] {
        try transaction.rows(
            """
            SELECT message_id, message_type FROM saga_stash_table
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) AND returned = 0
            ORDER BY sequence
            """
        ).compactMap { row in
            let (id, type): (String, String) = try row.values()
            return MessageID(id).map { MessageHeading(id: $0, type: type) }
        }
    }

    // MARK: Going on

    /// Where a stashed command stands.
    struct StashedCommand {
        let sequence: Int
        let target: String
        /// Whether it could not be resumed, and comes from its outbox again.
        let isGivenBack: Bool
    }

    /// Where a command is stashed; nil when it is not.
    func stashed(_ message: MessageID) throws -> StashedCommand? {
        try transaction.rows(
            """
            SELECT sequence, target, returned FROM saga_stash_table
            WHERE message_id = \(message.description)
            """
        ).first.map {
            let (sequence, target, returned): (Int, String, Int) = try $0.values()
            return StashedCommand(
                sequence: sequence, target: target, isGivenBack: returned == 1)
        }
    }

    /// Whether an earlier command of the same saga is stashed on the same channel, or another saga has
    /// the lock.
    func mustWait(_ command: StashedCommand, for saga: SagaReference) throws -> Bool {
        let (earlier, locked): (Int, Int) = try transaction.rows(
            """
            SELECT
                (SELECT count(*) FROM saga_stash_table AS stashed
                 WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                    AND sequence < \(command.sequence)
                    AND destination =
                        (SELECT destination FROM saga_stash_table
                         WHERE sequence = \(command.sequence))),
                (SELECT count(*) FROM saga_lock_table
                 WHERE target = \(command.target)
                    AND (saga_type <> \(saga.type) OR saga_id <> \(saga.id)))
            """)[0].values()
        return earlier > 0 || locked > 0
    }

    /// The command of a saga that is next on a channel, if nothing is in its way any more.
    func nextToResume(of saga: SagaReference, on channel: String) throws -> Message? {
        try firstFree {
            try transaction.rows(
                """
                SELECT sequence, returned, saga_type, saga_id, target FROM saga_stash_table
                WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                    AND destination = \(channel)
                ORDER BY sequence LIMIT 1
                """)
        }
    }

    /// The command that has waited longest for a lock, if nothing is in its way any more. Those whose
    /// sagas have a command that could not be resumed are passed over.
    func nextToResume(waitingFor target: String, on channel: String) throws -> Message? {
        try firstFree {
            try transaction.rows(
                """
                SELECT sequence, returned, saga_type, saga_id, target FROM saga_stash_table AS first
                WHERE target = \(target) AND destination = \(channel) AND returned = 0
                    AND NOT EXISTS
                        (SELECT 1 FROM saga_stash_table AS earlier
                         WHERE earlier.saga_type = first.saga_type
                            AND earlier.saga_id = first.saga_id
                            AND earlier.destination = first.destination
                            AND earlier.sequence < first.sequence)
                ORDER BY sequence LIMIT 1
                """)
        }
    }

    /// The first command that a query finds, if nothing is in its way. One whose row cannot be read is
    /// left to its outbox, which still has it, and the next one is looked for.
    private func firstFree(_ find: () throws -> [Row]) throws -> Message? {
        while let row = try find().first {
            let (sequence, returned, type, id, target): (Int, Int, String, String, String) =
                try row.values()
            let command = StashedCommand(
                sequence: sequence, target: target, isGivenBack: returned == 1)
            let saga = SagaReference(type: type, id: id)
            guard !command.isGivenBack, try !mustWait(command, for: saga) else { return nil }
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
