internal import ArgumentParser
internal import Platform
internal import Tram
internal import TramWorkbench

/// A command by which an operator decides about a saga, or about many.
protocol SagaDecisionCommand: SessionCommand {
    static var decision: SagaDecision { get }
    var options: SagaDecisionOptions<App> { get }
    /// Where the saga must stand.
    var place: SagaPlace { get throws }
}

extension SagaDecisionCommand {
    var place: SagaPlace { SagaPlace() }
}

extension SagaDecisionCommand {
    public var changesStores: Bool { true }

    public func run(in session: Session<App>) throws -> ExitStatus {
        let choice = try options.validated(Self.decision.rawValue)
        _ = try Input.reason(options.reason)
        let place = try place
        let workbench = try session.open().workbench
        try workbench.requireFittingStores()
        switch choice {
        case .one(let argument):
            return try decide(workbench.saga(argument), place, workbench, session)
        case .many(let selection): return try decide(selection, place, workbench, session)
        }
    }

    private func decide(
        _ saga: SagaEntry, _ place: SagaPlace, _ workbench: Workbench, _ session: Session<App>
    ) throws -> ExitStatus {
        let outlook = try workbench.outlook(
            of: saga, for: Self.decision, at: place, session.availability)
        do {
            // What is refused is refused before anybody is asked.
            let foreseen = try carryOut(saga, outlook, workbench, isDryRun: true)
            let isRisky = warnOfRepetition([(saga, outlook)], session)
            if options.dryRun {
                try session.show(DecidedSagaDocument(decided: foreseen, isDryRun: true))
                return .done
            }
            try confirm([(saga, outlook)], isRisky, workbench, session)
            let decided = try carryOut(saga, outlook, workbench, isDryRun: false)
            try session.show(DecidedSagaDocument(decided: decided))
            return .done
        } catch {
            throw Problem.ofOnlyTransaction(error, of: App.self)
        }
    }

    private func decide(
        _ selection: SagaSelection, _ place: SagaPlace, _ workbench: Workbench,
        _ session: Session<App>
    ) throws -> ExitStatus {
        let report = DecidedSagasReport(
            session, decision: Self.decision, selection: options.selection ?? "",
            isDryRun: options.dryRun)
        do {
            let sagas = try workbench.sagas(session.availability).filter(selection.contains)
                .map(\.entry)
            func result(
                _ saga: SagaEntry, _ result: Result<DecidedSaga, any Error>
            ) throws -> DecidedSagaResult {
                try DecidedSagaResult(workbench.name(of: saga), result, of: App.self)
            }
            var looked: [SagaCandidate] = []
            var results: [SagaReference: DecidedSagaResult] = [:]
            for saga in sagas {
                let outlook = Result {
                    try workbench.outlook(
                        of: saga, for: Self.decision, at: place, session.availability)
                }
                switch outlook {
                case .success(let outlook): looked.append((saga, outlook))
                case .failure(let error):
                    results[saga.reference] = try result(saga, .failure(error))
                }
            }
            let rehearsed = try workbench.rehearse(
                Self.decision, looked, because: options.reason)
            for ((saga, _), outcome) in zip(looked, rehearsed) {
                results[saga.reference] = try result(saga, outcome)
            }
            let chosen = looked.filter { results[$0.saga.reference]?.isRefused == false }
            let isRisky = warnOfRepetition(chosen, session)
            if !options.dryRun, !chosen.isEmpty {
                try confirm(chosen, isRisky, workbench, session)
                for (saga, _) in chosen { results[saga.reference] = nil }
            }
            // All are decided, also when nobody reads of it.
            Signals.ignoreClosedPipes()
            let outlooks = Dictionary(
                uniqueKeysWithValues: chosen.map { ($0.saga.reference, $0.outlook) })
            for saga in sagas {
                try report.tell(
                    results[saga.reference]
                        ?? result(
                            saga,
                            Result {
                                try carryOut(
                                    saga, outlooks[saga.reference] ?? nil, workbench,
                                    isDryRun: false)
                            }))
            }
        } catch {
            try report.abandon()
            throw report.hasDecided
                ? Problem.amidWork(error, of: App.self)
                : Problem.ofOnlyTransaction(error, of: App.self)
        }
        try report.end()
        if report.isEmpty, let step = selection.step {
            let steps = workbench.relay.sagaRunners.flatMap { $0.runner.definition.steps }
                .map(\.name)
            if !steps.contains(step) {
                try session.output.flush()
                session.help(
                    "this program knows no step '\(escaped(step))', but: \(steps.joined(separator: ", "))"
                )
            }
        }
        return report.refused > 0 ? .no : .done
    }

    private func carryOut(
        _ saga: SagaEntry, _ outlook: SagaOutlook?, _ workbench: Workbench, isDryRun: Bool
    ) throws -> DecidedSaga {
        try workbench.decide(
            Self.decision, saga, outlook, because: options.reason, isDryRun: isDryRun)
    }

    /// Says which commands an inbox shows handled that would be sent again.
    ///
    /// - Returns: whether there are any.
    private func warnOfRepetition(_ sagas: [SagaCandidate], _ session: Session<App>) -> Bool {
        guard Self.decision == .retry || Self.decision == .resend else { return false }
        var isRisky = false
        for (_, outlook) in sagas {
            guard let outlook, let command = outlook.request, !outlook.handledBy.isEmpty
            else { continue }
            isRisky = true
            session.warn(
                "\(command) was handled by \(outlook.handledBy.joined(separator: " and ")): "
                    + "sent again, it is handled again")
        }
        return isRisky
    }

    private func confirm(
        _ sagas: [SagaCandidate], _ isRisky: Bool, _ workbench: Workbench,
        _ session: Session<App>
    ) throws {
        if options.yes || (Self.decision == .retry && !isRisky) { return }
        let what =
            sagas.count == 1
            ? workbench.name(of: sagas[0].saga).phrase : counted(sagas.count, "saga")
        let step = sagas.count == 1 ? sagas[0].outlook?.overview.state.step : nil
        try session.confirm(
            Self.decision.question(what, step: step), deed: Self.decision.deed)
    }
}

extension SagaDecision {
    fileprivate func question(_ sagas: String, step: String?) -> String {
        let place = step.map { " at '\($0)'" } ?? ""
        return switch self {
        case .retry, .resend: "Send the command of \(sagas)\(place) again?"
        case .skip: "Take the step of \(sagas)\(place) as done?"
        case .rollback: "Roll back \(sagas)\(place)?"
        case .abandon: "Give up \(sagas)\(place) for good, and free the locks?"
        }
    }

    fileprivate var deed: String {
        switch self {
        case .retry, .resend: "this sends a command again"
        case .skip: "this takes a step as done"
        case .rollback: "this rolls a saga back"
        case .abandon: "this gives up a saga"
        }
    }
}
