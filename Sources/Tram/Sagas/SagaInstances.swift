/// The table `saga_instance`, and the table of participants beside it.
///
/// The columns `end_state`, `compensating` and `failed` repeat what `state_name` says as JSON, as
/// in Eventuate Tram Sagas: the JSON is what is read, the columns are what indexes and queries
/// need. Only `save` and `fail` write them, always together; `isConsistent` checks that nobody else
/// has.
struct SagaInstances {
    let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Adds an instance, and gives it the next id.
    ///
    /// A key is unique by the index `saga_instance_key_idx`. The statement decides and inserts at
    /// once, so of two transactions that use one key only one gets a row, also across processes.
    ///
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

    /// Writes an instance into its row: all columns that a movement may change.
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

    /// Ends a saga as failed, whatever its row holds. Its data stays as it is, and so do its
    /// executed steps if they can be read.
    func fail(_ row: SagaInstanceRow, atStep step: String) throws {
        let name = StateName(.failed(step: step))
        try transaction.execute(
            """
            UPDATE saga_instance SET
                state_name = \(try WireFormat.encode(name)), end_state = 1, compensating = 0,
                failed = 1, last_request_id = NULL, executed_steps = \(row.executedStepsKept),
                attempts = 0, retries = NULL, deadline = NULL, retry_at = NULL
            WHERE saga_type = \(row.saga.type) AND saga_id = \(row.saga.id)
            """)
    }

    /// Whether the columns of a row say the same as its state; true also when there is no row.
    func isConsistent(_ saga: SagaReference) throws -> Bool {
        try transaction.rows(
            """
            SELECT state_name, end_state, compensating, failed, executed_steps, definition_version
            FROM saga_instance WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            """
        ).allSatisfy { row in
            let (state, end, compensating, failed, executed, version):
                (String, Int, Int, Int, String, Int?) = try row.values()
            guard let name = try? WireFormat.decode(StateName.self, from: state),
                let executed = try? WireFormat.decode([StepName].self, from: executed)
            else { return false }
            // Rows without a version are older than step names: somebody has edited this one.
            let hasNames = executed.contains { if case .name = $0 { true } else { false } }
            return name.endState == (end == 1) && name.compensating == (compensating == 1)
                && name.failed == (failed == 1) && !(version == nil && hasNames)
        }
    }

    /// Where a saga stands; nil when there is no such saga.
    ///
    /// - Throws: ``SagaDamage`` when a column does not hold what it should.
    func overview(_ saga: SagaReference) throws -> SagaOverview? {
        try row(saga)?.overview()
    }

    /// Lets sagas, their log and stashed commands name messages of this store by their new numbers,
    /// when an older copy of it is accepted. Only the stash has an index for this; the other two
    /// tables are read for each message, which is acceptable for something so rare.
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

    /// Remembers that a participant has locked something for a saga, as its reply has told.
    func addParticipant(_ saga: SagaReference, channel: String, target: String) throws {
        try transaction.execute(
            """
            INSERT INTO saga_instance_participants (saga_type, saga_id, destination, resource)
            VALUES (\(saga.type), \(saga.id), \(channel), \(target)) ON CONFLICT DO NOTHING
            """)
    }

    /// What participants have locked for a saga, in the order of channels and names.
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
