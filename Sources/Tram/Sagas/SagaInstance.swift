/// A saga that was started: where it stands and what it knows.
public struct SagaInstance<Data: Sendable>: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// The version of the definition that it was started with.
    public let version: Int
    /// Where it stands.
    public internal(set) var state: SagaState
    /// What it knows.
    public internal(set) var data: Data
    /// The steps whose action was done, or may have been, in their order.
    var executed: [String] = []
    /// The command whose reply is awaited; no other reply counts.
    public internal(set) var lastRequest: MessageID?
    /// How often the operation under way was sent again.
    var retries = RetryCounts()
    /// When the reply that is awaited is late.
    public internal(set) var deadline: Timestamp?
    /// When the operation under way is tried again; nil when that is not what the saga waits for.
    public internal(set) var retryAt: Timestamp?

    /// No reply counts any more, until the next command is sent.
    mutating func stopWaiting() {
        lastRequest = nil
        deadline = nil
        retryAt = nil
        retries = RetryCounts()
    }
}

/// What is known of a saga without its type's help, for tools.
public struct SagaOverview: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// The version of the definition that it was started with; nil when that was before there were
    /// versions.
    public let version: Int?
    /// Where it stands. A row from before steps had names in it has the number: `step 1`.
    public let state: SagaState
    /// The command whose reply is awaited.
    public let lastRequest: MessageID?
    /// When that reply is late; nil when it may take any time.
    public let deadline: Timestamp?
    /// When the operation under way is tried again; nil when that is not what the saga waits for.
    public let retryAt: Timestamp?
    /// How often the operation under way was sent again.
    public let attempts: Int
    /// What it knows, as JSON text.
    public let data: String
}

/// The rows of saga instances.
struct SagaInstances {
    let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// - Returns: the new instance; nil when there is one of the type with the same key.
    func insert(
        type: String, version: Int, key: String?, state: SagaState, dataType: String, data: String
    ) throws -> SagaReference? {
        try transaction.rows(
            """
            INSERT INTO saga_instance
                (saga_type, definition_version, business_key, state_name, saga_data_type,
                 saga_data_json)
            VALUES
                (\(type), \(version), \(key), \(try WireFormat.encode(StateName(state))),
                 \(dataType), \(data))
            ON CONFLICT DO NOTHING RETURNING id
            """
        ).first.map {
            let id: Int = try $0.values()
            return SagaReference(type: type, id: "\(id)")
        }
    }

    /// The instance that was started with a key; nil when there is none.
    func find(type: String, key: String) throws -> SagaReference? {
        try transaction.rows(
            """
            SELECT saga_id FROM saga_instance
            WHERE saga_type = \(type) AND business_key = \(key)
            """
        ).first.map { SagaReference(type: type, id: try $0.values()) }
    }

    /// The row of a saga, whatever it holds; nil when there is none.
    func row(_ saga: SagaReference) throws -> SagaInstanceRow? {
        try transaction.rows(
            """
            SELECT definition_version, state_name, last_request_id, executed_steps, attempts,
                retries, deadline, retry_at, saga_data_json
            FROM saga_instance WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            """
        ).first.map { try SagaInstanceRow(saga, $0) }
    }

    func save(_ saga: SagaInstance<some Codable>) throws {
        let name = StateName(saga.state)
        try transaction.execute(
            """
            UPDATE saga_instance SET
                state_name = \(try WireFormat.encode(name)), end_state = \(name.endState ? 1 : 0),
                compensating = \(name.compensating ? 1 : 0), failed = \(name.failed ? 1 : 0),
                last_request_id = \(saga.lastRequest?.description),
                executed_steps = \(try WireFormat.encode(saga.executed)),
                definition_version = \(saga.version),
                attempts = \(saga.retries.total),
                retries = \(saga.retries == RetryCounts() ? nil : try WireFormat.encode(saga.retries)),
                deadline = \(saga.deadline.map { Int($0.milliseconds) }),
                retry_at = \(saga.retryAt.map { Int($0.milliseconds) }),
                saga_data_json = \(try WireFormat.encode(saga.data))
            WHERE saga_type = \(saga.reference.type) AND saga_id = \(saga.reference.id)
            """)
    }

    func isConsistent(_ saga: SagaReference) throws -> Bool {
        try transaction.rows(
            """
            SELECT state_name, end_state, compensating, failed, executed_steps FROM saga_instance
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            """
        ).allSatisfy { row in
            let (state, end, compensating, failed, executed): (String, Int, Int, Int, String) =
                try row.values()
            guard let name = try? WireFormat.decode(StateName.self, from: state),
                (try? WireFormat.decode([StepName].self, from: executed)) != nil
            else { return false }
            return name.endState == (end == 1) && name.compensating == (compensating == 1)
                && name.failed == (failed == 1)
        }
    }

    /// - Throws: ``SagaDamage`` when a column does not hold what it should.
    func overview(_ saga: SagaReference) throws -> SagaOverview? {
        try row(saga)?.overview()
    }

    /// A saga that waits for a reply up to a deadline, or until its operation is tried again.
    struct Waiting {
        let saga: SagaReference
        /// The command whose reply would count; nil when there is none.
        let request: String?
        /// The deadline, or when the operation is tried again.
        let due: Timestamp
        let isRetry: Bool
    }

    /// The sagas of a type that wait for some time to pass, the nearest first.
    ///
    /// - Parameters:
    ///   - overdueAt: only those whose time has come at this time.
    ///   - last: only those after this one, given by its time and id.
    func waiting(
        type: String, overdueAt: Timestamp?, after last: (due: Timestamp, id: String)?, limit: Int
    ) throws -> [Waiting] {
        let time = overdueAt.map { Int($0.milliseconds) } ?? .max
        let after = last.map { Int($0.due.milliseconds) } ?? .min
        let afterID = last.flatMap { Int($0.id) } ?? 0
        return try transaction.rows(
            """
            SELECT saga_id, last_request_id, due, is_retry FROM
                (SELECT id, saga_id, last_request_id, deadline AS due, 0 AS is_retry
                 FROM saga_instance
                 WHERE saga_type = \(type) AND deadline IS NOT NULL AND deadline <= \(time)
                    AND end_state = 0
                 UNION ALL
                 SELECT id, saga_id, last_request_id, retry_at AS due, 1 AS is_retry
                 FROM saga_instance
                 WHERE saga_type = \(type) AND retry_at IS NOT NULL AND retry_at <= \(time)
                    AND end_state = 0) AS waiting
            WHERE (due, id) > (\(after), \(afterID))
            ORDER BY due, id LIMIT \(limit)
            """
        ).map {
            let (id, request, due, isRetry): (String, String?, Int, Int) = try $0.values()
            return Waiting(
                saga: SagaReference(type: type, id: id), request: request,
                due: Timestamp(milliseconds: Int64(due)), isRetry: isRetry == 1)
        }
    }

    /// Lets sagas, their log and stashed commands name messages of this store by their new numbers.
    func renumber(_ renumbered: [AcceptanceReport.Renumbering]) throws {
        for renumbering in renumbered {
            let (old, new) = (renumbering.from.description, renumbering.to.description)
            try transaction.execute(
                "UPDATE saga_instance SET last_request_id = \(new) WHERE last_request_id = \(old)")
            try transaction.execute(
                "UPDATE saga_log SET message_id = \(new) WHERE message_id = \(old)")
            try transaction.execute(
                "UPDATE saga_stash_table SET message_id = \(new) WHERE message_id = \(old)")
        }
    }

    // MARK: Participants

    func addParticipant(_ saga: SagaReference, channel: String, target: String) throws {
        try transaction.execute(
            """
            INSERT INTO saga_instance_participants (saga_type, saga_id, destination, resource)
            VALUES (\(saga.type), \(saga.id), \(channel), \(target)) ON CONFLICT DO NOTHING
            """)
    }

    func participants(_ saga: SagaReference) throws -> [(channel: String, target: String)] {
        try transaction.rows(
            """
            SELECT destination, resource FROM saga_instance_participants
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) ORDER BY destination, resource
            """
        ).map {
            let (channel, target): (String, String) = try $0.values()
            return (channel, target)
        }
    }
}
