/// What can be read of a saga whose rows may have been changed by hand, or whose definition the
/// program may no longer have.
///
/// It never fails because of a row's content: whatever can be read is here, and ``damage`` and
/// ``stranded`` say what cannot. For tools that show or check sagas; a program that only wants its
/// own saga's data asks ``SagaManager/instance(_:in:)``.
public struct SagaInspection: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// Where the saga stands; nil when it has no row, or its state cannot be read.
    public let overview: SagaOverview?
    /// The definition by which the saga goes on; nil when the program does not have it.
    public let definition: SagaDefinition?
    /// What has happened to the saga: the entries that can be read, from its start.
    public let log: [SagaLogEntry]
    /// What is wrong with its rows, a phrase for each fault; empty when all of them can be read.
    /// The data of an abandoned saga is not looked at, since nobody will use it.
    public let damage: [String]
    /// Why the saga cannot go on by a definition of this program; nil when it can, has ended well,
    /// or was abandoned.
    public let stranded: SagaStranded?
    /// Whether an operator has abandoned the saga: then it has failed for good.
    public let isAbandoned: Bool
}

/// A row of a saga does not hold what it should, for example because somebody has edited it. The
/// saga does not move until somebody repairs the row, or abandons the saga: see
/// ``SagaManager/abandon(_:because:trustingData:in:)``.
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
    /// - Parameters:
    ///   - id: the saga's id.
    ///   - transaction: a transaction on the sagas' store.
    /// - Returns: the inspection, also when there is no row: ``SagaInspection/damage`` then says
    ///   so.
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
        // A version below 1 is damage: no program could have it.
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
