/// What can be read of a saga whose rows may have been changed by hand, or whose definition the program
/// may no longer have.
///
/// Whatever can be read is here; ``damage`` and ``stranded`` say what cannot.
public struct SagaInspection: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// Where it stands; nil when it has no row, or its state cannot be read.
    public let overview: SagaOverview?
    /// The definition by which it goes on; nil when there is none.
    public let definition: SagaDefinition?
    /// What has happened to it: the entries that can be read, from its start.
    public let log: [SagaLogEntry]
    /// What is wrong with its rows, a phrase for each fault; empty when all of them can be read. The
    /// data of one that was abandoned is not read any more.
    public let damage: [String]
    /// Why it cannot go on by a definition of this program; nil when it can, or has ended well or
    /// was abandoned.
    public let stranded: SagaStranded?
    /// Whether an operator has given it up: then it has failed for good.
    public let isAbandoned: Bool
}

/// A row of a saga does not hold what it should. The saga does not move until somebody repairs the row, or
/// abandons the saga.
public struct SagaDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which saga it is.
    public let saga: SagaReference
    /// What is wrong: for example `the column state_name holds ''`.
    public let detail: String

    init(_ saga: SagaReference, _ detail: String) {
        self.saga = saga
        self.detail = detail
    }

    public var description: String { "\(saga): \(detail)" }
}

extension SagaManager {
    /// Reads as much of an instance as can be read.
    ///
    /// - Throws: a ``StoreError`` when the store itself cannot be read.
    public func inspect(
        _ id: String, in transaction: any Transaction
    ) throws -> SagaInspection {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        let row = try SagaInstances(transaction).row(reference)
        let saga: (any Saga)?
        var stranded: SagaStranded?
        do {
            saga = try row.map { row throws(SagaStranded) in try versions.saga(of: row) }
        } catch {
            saga = nil
            stranded = error
        }
        let definition = saga?.definition
        let overview = row?.readableOverview(definition)
        if let row, let saga { stranded = row.stranded(saga) }
        switch overview?.state {
        case .completed, .rolledBack, nil: stranded = nil
        case .running, .compensating, .failed: break
        }
        let isAbandoned = try SagaDecisions(transaction).isAbandoned(reference)
        // No program has the version of a row that has none that could be.
        if isAbandoned || row?.isVersionSensible == false { stranded = nil }
        let log = try SagaLog(transaction).readableEntries(
            of: reference, definition ?? versions.definition)
        return SagaInspection(
            reference: reference, overview: overview, definition: definition, log: log.entries,
            damage: (row?.damage(isAbandoned: isAbandoned) ?? ["it has no row in saga_instance"])
                + log.damage,
            stranded: stranded,
            isAbandoned: isAbandoned)
    }
}
