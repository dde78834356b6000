public import Tram

/// What sagas must obey in the store of the service that runs them: each is as its log tells, and as
/// operators have decided.
public struct SagaAudit {
    private let view: any Transaction
    /// By type of saga.
    private let runners: [String: any SagaRunner]
    /// What operators have decided, by saga.
    private let decisions: [SagaReference: [SagaDecision]]

    /// The audit of one store.
    ///
    /// - Parameters:
    ///   - view: the store's rows.
    ///   - application: the one whose store it is: it knows the sagas' definitions.
    public init(_ view: any Transaction, of application: any Application) throws {
        self.view = view
        let own = application.relay.sagaRunners.filter { $0.service.name == view.storeName }
        runners = Dictionary(
            own.map { ($0.runner.definition.sagaType, $0.runner) },
            uniquingKeysWith: { first, _ in first })
        decisions = Dictionary(grouping: try Sagas.decisions(in: view), by: \.saga)
            .mapValues { $0.map(\.decision) }
    }

    // MARK: Which there are

    /// A table with rows of sagas.
    public enum Table: String, CaseIterable, Sendable {
        /// Where each saga stands.
        case instances = "saga_instance"
        /// What has happened to them.
        case log = "saga_log"
        /// What operators have decided about them.
        case decisions = "saga_decision"
        /// Where they hold locks.
        case participants = "saga_instance_participants"
    }

    /// The sagas of which a table has rows, by type and id.
    public func sagas(in table: Table) throws -> [SagaReference] {
        try view.rows(
            SQL(
                unsafeText: """
                    SELECT DISTINCT saga_type, saga_id FROM \(table.rawValue)
                    ORDER BY saga_type, saga_id
                    """)
        ).map { row in
            let (type, id): (String, String) = try row.values()
            return SagaReference(type: type, id: id)
        }
    }

    /// Whether a saga has a row.
    public func exists(_ saga: SagaReference) throws -> Bool {
        try !view.rows(
            """
            SELECT 1 FROM saga_instance WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            """
        ).isEmpty
    }

    /// As much of a saga as can be read; nil when the service does not run sagas of its type.
    public func inspect(_ saga: SagaReference) throws -> SagaInspection? {
        try runners[saga.type]?.inspect(saga.id, in: view)
    }

    // MARK: What is wrong

    /// The sagas that cannot be read or say something else than their log, and the rows of sagas that are not
    /// there. One that is stranded is not broken for that.
    func findings() throws -> [Finding] {
        let known = try sagas(in: .instances)
        let present = Set(known)
        func isGone(_ saga: SagaReference) throws -> Bool {
            try !present.contains(saga) && !Sagas.isPurged(saga, in: view)
        }
        var findings = try known.flatMap { saga in
            try faults(of: saga).map { Finding("\(saga): \($0)") }
        }
        for saga in try sagas(in: .log) where !present.contains(saga) {
            findings.append(Finding("there is a log of \(saga), which is gone"))
        }
        for saga in try sagas(in: .decisions) where try isGone(saga) {
            findings.append(Finding("it was decided about \(saga), which is gone"))
        }
        for saga in try sagas(in: .participants) where !present.contains(saga) {
            findings.append(Finding("locks are known of \(saga), which is gone"))
        }
        return findings
    }

    private func faults(of saga: SagaReference) throws -> [String] {
        guard let inspection = try inspect(saga) else {
            // What a former program has brought to an end needs nobody.
            let hasEnded = try Sagas.overview(of: saga, in: view)?.state.isEnd ?? false
            return hasEnded ? [] : ["no subscriber of the service runs sagas of its type"]
        }
        guard inspection.damage.isEmpty else { return inspection.damage }
        return try faults(of: inspection)
    }

    /// Where a saga without damage says something else than its columns, its log, or what was decided
    /// about it: a phrase for each fault.
    public func faults(of saga: SagaInspection) throws -> [String] {
        guard let overview = saga.overview else { return [] }
        let columns =
            try Sagas.isConsistent(saga.reference, in: view)
            ? [] : ["its columns and its state do not agree"]
        return columns + logFaults(saga, overview)
    }

    private func logFaults(_ saga: SagaInspection, _ overview: SagaOverview) -> [String] {
        var faults: [String] = []
        if saga.log.first?.event != .started || !isEnd(saga.log, of: overview.state) {
            faults.append("its log does not tell how it came to its state")
        } else if saga.log.last?.data != overview.data && overview.state.isEnd {
            faults.append("its log ends with other data than it has")
        }
        if !overview.state.isEnd, overview.retryAt == nil,
            overview.lastRequest == nil || overview.lastRequest != lastCommand(saga.log)
        {
            faults.append("its log tells of another command than the one that it waits for")
        }
        faults += saga.log.enumerated().compactMap { number, entry in
            flaw(of: entry, saga).map { "entry \(number + 1) of its log \($0)" }
        }
        if !agrees(saga.log, with: decisions[saga.reference] ?? []) {
            faults.append("its log and what was decided about it do not agree")
        }
        return faults
    }

    /// Whether an entry tells of a reply.
    private func isAnswer(_ entry: SagaLogEntry, _ definition: SagaDefinition?) -> Bool {
        let step = definition?.steps.first { $0.name == entry.step }
        let operation: OperationDefinition? =
            switch entry.event {
            case .done, .refused: step?.action
            case .undone, .stuck: step?.compensation
            default: nil
            }
        return if case .request? = operation { true } else { false }
    }

    private func lastCommand(_ log: [SagaLogEntry]) -> MessageID? {
        log.last { $0.event == .requested || $0.event == .compensating }?.message
    }

    /// What is wrong with an entry by itself.
    private func flaw(of entry: SagaLogEntry, _ saga: SagaInspection) -> String? {
        switch entry.event {
        case .requested, .compensating, .notified, .ignored:
            if entry.message == nil { return "names no message" }
        case .started, .completed, .rolledBack, .failed, .hookFailed:
            if let step = entry.step { return "is about the step '\(step)'" }
        case .done, .refused, .timedOut, .undone, .stuck, .waiting, .retried, .takenUp, .resent,
            .skipped, .rollbackOrdered, .abandoned:
            break
        }
        if isAnswer(entry, saga.definition), entry.message == nil { return "names no message" }
        // Another definition may have had other steps.
        if saga.stranded == nil, let definition = saga.definition, let step = entry.step,
            !saga.isAbandoned, !definition.steps.contains(where: { $0.name == step })
        {
            return "is about the step '\(step)', which is not one of its definition's"
        }
        struct Anything: Decodable {
            init(from decoder: any Decoder) throws {}
        }
        let isKnown = saga.isAbandoned && entry.data == saga.overview?.data
        if !isKnown, (try? WireFormat.decode(Anything.self, from: entry.data)) == nil {
            return "holds data that is not JSON"
        }
        return nil
    }

    /// Whether the log has come to that end, or to none.
    private func isEnd(_ log: [SagaLogEntry], of state: SagaState) -> Bool {
        let ends = log.map(\.event).filter {
            [.completed, .rolledBack, .failed].contains($0)
        }
        return switch state {
        case .completed: ends.last == .completed
        case .rolledBack: ends.last == .rolledBack
        case .failed: ends.last == .failed
        // A failed saga that was retried has come to an end before.
        case .running, .compensating: ends.allSatisfy { $0 == .failed }
        }
    }

    /// Whether the log tells just the decisions that are kept.
    private func agrees(_ log: [SagaLogEntry], with decisions: [SagaDecision]) -> Bool {
        SagaDecision.allCases.allSatisfy { decision in
            let event: SagaLogEvent =
                switch decision {
                case .retry: .takenUp
                case .resend: .resent
                case .skip: .skipped
                case .rollback: .rollbackOrdered
                case .abandon: .abandoned
                }
            let told = log.count { $0.event == event }
            let kept = decisions.count { $0 == decision }
            // A program that kept no decisions has told of retries all the same.
            return decision == .retry ? told >= kept : told == kept
        }
    }
}
