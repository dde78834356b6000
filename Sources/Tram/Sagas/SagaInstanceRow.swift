/// A saga's row, before its columns are read.
struct SagaInstanceRow {
    private let saga: SagaReference
    private let state: String
    private let lastRequest: String?
    private let executedSteps: String
    private let attempts: Int
    private let deadline: Int?
    private let data: String

    /// - Parameter row: the columns in the order of the properties.
    init(_ saga: SagaReference, _ row: Row) throws {
        self.saga = saga
        (state, lastRequest, executedSteps, attempts, deadline, data) = try row.values()
    }

    func instance<Data: Codable>(_ type: Data.Type) throws(SagaDamage) -> SagaInstance<Data> {
        SagaInstance(
            reference: saga, state: try readState(), data: try readData(type),
            executed: try readExecutedSteps(), lastRequest: try readLastRequest(),
            attempts: attempts, deadline: readDeadline())
    }

    /// Does not read the data, which may be of any type.
    func overview() throws(SagaDamage) -> SagaOverview {
        overview(try readState(), lastRequest: try readLastRequest())
    }

    /// The same as far as it can be read; nil when its state cannot be.
    func readableOverview() -> SagaOverview? {
        guard let state = try? readState() else { return nil }
        return overview(state, lastRequest: try? readLastRequest())
    }

    private func overview(_ state: SagaState, lastRequest: MessageID?) -> SagaOverview {
        SagaOverview(
            reference: saga, state: state, lastRequest: lastRequest, deadline: readDeadline(),
            data: data)
    }

    /// What is wrong with the columns; nothing when an instance can be made of them.
    func damage(_ type: (some Codable).Type) -> [String] {
        var damage: [String] = []
        func note(_ read: () throws(SagaDamage) -> Void) {
            do { try read() } catch { damage.append(error.detail) }
        }
        note { () throws(SagaDamage) in _ = try readState() }
        note { () throws(SagaDamage) in _ = try readLastRequest() }
        note { () throws(SagaDamage) in _ = try readExecutedSteps() }
        note { () throws(SagaDamage) in _ = try readData(type) }
        return damage
    }

    private func readState() throws(SagaDamage) -> SagaState {
        try read(StateName.self, "state_name", state).state
    }

    private func readLastRequest() throws(SagaDamage) -> MessageID? {
        guard let lastRequest else { return nil }
        guard let id = MessageID(lastRequest) else {
            throw damage("last_request_id", lastRequest)
        }
        return id
    }

    private func readExecutedSteps() throws(SagaDamage) -> Set<Int> {
        Set(try read([Int].self, "executed_steps", executedSteps))
    }

    private func readData<Data: Codable>(_ type: Data.Type) throws(SagaDamage) -> Data {
        try read(type, "saga_data_json", data)
    }

    private func readDeadline() -> Timestamp? {
        deadline.map { Timestamp(milliseconds: Int64($0)) }
    }

    private func read<Value: Decodable>(
        _ type: Value.Type, _ column: String, _ text: String
    ) throws(SagaDamage) -> Value {
        do {
            return try WireFormat.decode(type, from: text)
        } catch {
            throw damage(column, text)
        }
    }

    private func damage(_ column: String, _ text: String) -> SagaDamage {
        SagaDamage(saga, "the column \(column) holds '\(shortened(text))'")
    }
}

/// A text from a row that may be of any length, for a message about it.
func shortened(_ text: String) -> String {
    text.count <= 100 ? text : text.prefix(100) + "…"
}

/// The column `state_name`, in the form of the original.
struct StateName: Codable {
    let currentlyExecuting: Int
    let compensating: Bool
    let endState: Bool
    let failed: Bool

    init(_ state: SagaState) {
        switch state {
        case .running(let step): currentlyExecuting = step
        case .compensating(let step), .failed(let step): currentlyExecuting = step
        case .completed, .rolledBack: currentlyExecuting = 0
        }
        switch state {
        case .compensating, .rolledBack: compensating = true
        case .running, .completed, .failed: compensating = false
        }
        endState = state.isEnd
        if case .failed = state { failed = true } else { failed = false }
    }

    var state: SagaState {
        switch (endState, failed, compensating) {
        case (true, true, _): .failed(step: currentlyExecuting)
        case (true, false, true): .rolledBack
        case (true, false, false): .completed
        case (false, _, true): .compensating(step: currentlyExecuting)
        case (false, _, false): .running(step: currentlyExecuting)
        }
    }
}
