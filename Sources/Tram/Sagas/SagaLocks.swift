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
    func unlock(_ target: String, on channel: String, of saga: SagaReference) throws {
        try send(
            SagaUnlock(), to: CommandChannel(stringLiteral: channel), orderedBy: saga.id,
            headers: [
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

    /// Keeps a command until the lock is free.
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
            """)
    }

    /// Whether any saga holds the lock.
    func isHeld(_ target: String) throws -> Bool {
        try !transaction.rows("SELECT 1 FROM saga_lock_table WHERE target = \(target)").isEmpty
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

    /// The saga whose command has waited longest for the lock.
    func sagaWaitingLongest(for target: String) throws -> SagaReference? {
        try transaction.rows(
            """
            SELECT saga_type, saga_id FROM saga_stash_table WHERE target = \(target)
            ORDER BY sequence LIMIT 1
            """
        ).first.map {
            let (type, id): (String, String) = try $0.values()
            return SagaReference(type: type, id: id)
        }
    }

    /// Takes out the first command of the saga that waits for the lock.
    func unstash(_ target: String, of saga: SagaReference) throws -> Message? {
        let rows = try transaction.rows(
            """
            DELETE FROM saga_stash_table
            WHERE sequence =
                (SELECT min(sequence) FROM saga_stash_table
                 WHERE target = \(target) AND saga_type = \(saga.type) AND saga_id = \(saga.id))
            RETURNING message_id, message_type, destination, partition_id, message_headers,
                message_payload
            """)
        guard let row = rows.first else { return nil }
        let (id, type, destination, partitionID, headers, payload):
            (String, String, String, String, String, String) = try row.values()
        guard let id = MessageID(id) else {
            throw StoreError.unexpectedRow("'\(id)' is no message id")
        }
        return Message(
            id: id, type: type, destination: destination, partitionID: partitionID,
            headers: try WireFormat.decode([String: String].self, from: headers), payload: payload)
    }
}
