/// A saga's row, before its columns are understood.
///
/// Rows may be older than the program, or edited by hand, so reading is split in two. The row
/// itself can always be made. Each column is read when it is asked for, and says by ``SagaDamage``
/// what is wrong with it, or by ``SagaStranded`` that this program does not know what it names.
/// That way one broken column does not hide the others from an operator.
struct SagaInstanceRow {
    let saga: SagaReference
    /// The version that the instance was started with; nil when that was before there were
    /// versions.
    let version: Int?
    /// The version by which the instance goes on. What was started before there were versions was
    /// started with the first.
    var definitionVersion: Int { version ?? 1 }
    /// The column `state_name`; decoded once, since everybody asks for it.
    private let state: Result<StateName, SagaDamage>
    private let lastRequest: String?
    private let executedSteps: String
    private let attempts: Int
    private let retries: String?
    private let deadline: Int?
    private let retryAt: Int?
    let data: String

    /// Takes a row of `SagaInstances.row(_:)`.
    ///
    /// - Parameters:
    ///   - saga: which saga it is.
    ///   - row: the columns in the order of the properties.
    init(_ saga: SagaReference, _ row: Row) throws {
        self.saga = saga
        let state: String
        (
            version, state, lastRequest, executedSteps, attempts, retries, deadline, retryAt, data
        ) = try row.values()
        if let name = try? WireFormat.decode(StateName.self, from: state) {
            self.state = .success(name)
        } else {
            self.state = .failure(Self.damage(saga, "state_name", state))
        }
    }

    /// The instance, ready to go on.
    ///
    /// - Throws: ``SagaDamage``; ``SagaStranded`` when the definition does not know a step of it,
    ///   or does not understand its data.
    func instance<Definition: Saga>(_ saga: Definition) throws -> SagaInstance<Definition.Data> {
        let definition = saga.definition
        let state = try readState().state(definition)
        let executed = try readExecutedSteps().map { $0.name(definition) }
        let request = try readLastRequest()
        if let stranded = stranded(state, executed, definition) { throw stranded }
        return SagaInstance(
            reference: self.saga, version: definition.version, state: state,
            data: try readData(Definition.Data.self), executed: executed, lastRequest: request,
            retries: try readRetries(), deadline: try readTime("deadline", deadline),
            retryAt: try readTime("retry_at", retryAt))
    }

    /// What is left of an instance that is to be abandoned: its data, and of the rest as much as
    /// can be read. Its steps need not be those of the definition.
    ///
    /// - Parameters:
    ///   - saga: the definition that should understand the data.
    ///   - state: where it stands, if its row does not tell.
    /// - Throws: ``SagaDamage`` or ``SagaStranded`` when the definition does not understand the
    ///   data.
    func remains<Definition: Saga>(
        of saga: Definition, at state: SagaState
    ) throws -> SagaInstance<Definition.Data> {
        let definition = saga.definition
        let state = (try? readState())?.state(definition) ?? state
        let executed = ((try? readExecutedSteps()) ?? []).map { $0.name(definition) }
        return SagaInstance(
            reference: self.saga, version: definition.version, state: state,
            data: try readData(Definition.Data.self), executed: executed,
            lastRequest: readableLastRequest)
    }

    /// The command whose reply is awaited; nil also when the column does not name one.
    var readableLastRequest: MessageID? { (try? readLastRequest()) ?? nil }

    /// What the column of executed steps is to hold once the saga is abandoned: what it holds now,
    /// unless that is damaged.
    var executedStepsKept: String {
        (try? readExecutedSteps()) == nil ? "[]" : executedSteps
    }

    /// Where the saga stands. The data is not decoded, since it may be of any type.
    ///
    /// - Parameter definition: tells the names of steps that an old row knows by number.
    func overview(_ definition: SagaDefinition? = nil) throws(SagaDamage) -> SagaOverview {
        overview(try readState().state(definition), lastRequest: try readLastRequest())
    }

    /// The same as far as it can be read; nil when the state cannot be.
    func readableOverview(_ definition: SagaDefinition?) -> SagaOverview? {
        guard let state = try? readState().state(definition) else { return nil }
        return overview(state, lastRequest: try? readLastRequest())
    }

    private func overview(_ state: SagaState, lastRequest: MessageID?) -> SagaOverview {
        SagaOverview(
            reference: saga, version: version, state: state, lastRequest: lastRequest,
            deadline: time(deadline), retryAt: time(retryAt), attempts: attempts, data: data)
    }

    // MARK: What is wrong

    /// What is wrong with the columns, a phrase for each; empty when they could be an instance of
    /// some definition.
    ///
    /// - Parameter isAbandoned: whether the saga was abandoned; its data is then not looked at.
    func damage(isAbandoned: Bool) -> [String] {
        var damage: [String] = []
        func note(_ read: () throws(SagaDamage) -> Void) {
            do { try read() } catch { damage.append(error.detail) }
        }
        note { () throws(SagaDamage) in _ = try readState() }
        note { () throws(SagaDamage) in _ = try readLastRequest() }
        note { () throws(SagaDamage) in _ = try readExecutedSteps() }
        note { () throws(SagaDamage) in _ = try readRetries() }
        note { () throws(SagaDamage) in _ = try readTime("deadline", deadline) }
        note { () throws(SagaDamage) in _ = try readTime("retry_at", retryAt) }
        if !isVersionSensible, let version {
            damage.append(self.damage("definition_version", "\(version)").detail)
        }
        if isAbandoned { return damage }
        note { () throws(SagaDamage) in _ = try read(AnyJSON.self, "saga_data_json", data) }
        return damage
    }

    /// Why an undamaged instance cannot go on by a definition; nil when it can.
    func stranded<Definition: Saga>(_ saga: Definition) -> SagaStranded? {
        let definition = saga.definition
        do {
            let state = try readState().state(definition)
            let executed = try readExecutedSteps().map { $0.name(definition) }
            if let stranded = stranded(state, executed, definition) { return stranded }
            _ = try readData(Definition.Data.self)
        } catch {
            return error as? SagaStranded
        }
        return nil
    }

    /// The first step that the row names and the definition does not have.
    private func stranded(
        _ state: SagaState, _ executed: [String], _ definition: SagaDefinition
    ) -> SagaStranded? {
        func stranded(_ reason: SagaStranded.Reason) -> SagaStranded {
            SagaStranded(saga: saga, reason: reason)
        }
        if let step = state.step, !definition.has(step) {
            return stranded(.unknownStep(step, version: definition.version))
        }
        if let step = executed.first(where: { !definition.has($0) }) {
            return stranded(.unknownStepDone(step, version: definition.version))
        }
        return nil
    }

    // MARK: Reading columns

    /// The column `state_name`.
    func readState() throws(SagaDamage) -> StateName {
        try state.get()
    }

    /// Where the saga stands, without the help of a definition; nil when the column does not say.
    var readableState: SagaState? { (try? readState())?.state(nil) }

    /// The column `last_request_id`; nil when no reply is awaited.
    private func readLastRequest() throws(SagaDamage) -> MessageID? {
        guard let lastRequest else { return nil }
        guard let id = MessageID(lastRequest) else {
            throw damage("last_request_id", lastRequest)
        }
        return id
    }

    /// The column `executed_steps`.
    private func readExecutedSteps() throws(SagaDamage) -> [StepName] {
        try read([StepName].self, "executed_steps", executedSteps)
    }

    /// The data. Text that is no JSON is damage; JSON that the type does not understand is what
    /// another version has written.
    private func readData<Data: Codable>(_ type: Data.Type) throws -> Data {
        if let value = try? WireFormat.decode(type, from: data) { return value }
        let fault = WireFormat.fault(in: data, as: type) ?? "it cannot be decoded"
        _ = try read(AnyJSON.self, "saga_data_json", data)
        throw SagaStranded(
            saga: saga,
            reason: .unreadableData(
                "the column saga_data_json holds '\(shortened(data))': \(fault)"))
    }

    /// Whether some program may have the version; they count from 1.
    var isVersionSensible: Bool { definitionVersion >= 1 }

    /// The columns `retries` and `attempts`; rows from before causes were told apart have only the
    /// second.
    private func readRetries() throws(SagaDamage) -> RetryCounts {
        if attempts < 0 { throw damage("attempts", "\(attempts)") }
        guard let retries else { return RetryCounts(attempts: attempts) }
        return try read(RetryCounts.self, "retries", retries)
    }

    /// A column that holds a time; negative ones are damage.
    private func readTime(
        _ column: String, _ milliseconds: Int?
    ) throws(SagaDamage) -> Timestamp? {
        if let milliseconds, milliseconds < 0 { throw damage(column, "\(milliseconds)") }
        return time(milliseconds)
    }

    private func time(_ milliseconds: Int?) -> Timestamp? {
        milliseconds.map { Timestamp(milliseconds: Int64($0)) }
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
        Self.damage(saga, column, text)
    }

    private static func damage(
        _ saga: SagaReference, _ column: String, _ text: String
    ) -> SagaDamage {
        SagaDamage(saga, "the column \(column) holds '\(shortened(text))'")
    }
}

/// Any JSON value: to see whether a text is one.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) throws {}
}

/// A text from a row that may be of any length, for a message about it.
func shortened(_ text: String) -> String {
    text.count <= 100 ? text : text.prefix(100) + "…"
}
