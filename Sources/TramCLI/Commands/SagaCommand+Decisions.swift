internal import ArgumentParser
internal import CustomersAndOrders
internal import Orders
internal import Platform
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

/// A command by which an operator decides about a saga, or about many.
protocol SagaDecisionCommand: SessionCommand {
    static var decision: SagaDecision { get }
    var options: SagaDecisionOptions { get }
    /// Where the saga must stand.
    var place: SagaPlace { get throws }
}

extension SagaDecisionCommand {
    var place: SagaPlace { SagaPlace() }
}

extension SagaDecisionCommand {
    var changesStores: Bool { true }

    func run(in session: Session) throws -> ExitStatus {
        let (id, selection) = try options.validated(Self.decision.rawValue)
        _ = try Input.reason(options.reason)
        let place = try place
        let system = try session.open()
        try system.requireFittingStores()
        if let selection { return try decide(selection, place, system, session) }
        return try decide(id ?? 0, place, system, session)
    }

    private func decide(
        _ id: Int, _ place: SagaPlace, _ system: CustomersAndOrders, _ session: Session
    ) throws -> ExitStatus {
        let outlook = try system.outlook(
            ofOrder: id, for: Self.decision, at: place, session.availability)
        do {
            // What is refused is refused before anybody is asked.
            let foreseen = try carryOut(id, outlook, system, isDryRun: true)
            let isRisky = warnOfRepetition([(id, outlook)], session)
            if options.dryRun {
                try session.show(DecidedSagaDocument(decided: foreseen, isDryRun: true))
                return .done
            }
            try confirm([(id, outlook)], isRisky, session)
            let decided = try carryOut(id, outlook, system, isDryRun: false)
            try session.show(DecidedSagaDocument(decided: decided))
            return .done
        } catch {
            throw Problem.ofOnlyTransaction(error, of: CustomersAndOrders.self)
        }
    }

    private func decide(
        _ selection: SagaSelection, _ place: SagaPlace, _ system: CustomersAndOrders,
        _ session: Session
    ) throws -> ExitStatus {
        let report = DecidedSagasReport(
            session, decision: Self.decision, selection: options.selection ?? "",
            isDryRun: options.dryRun)
        do {
            let sagas = try system.sagas(session.availability).filter(selection.contains)
            var looked: [(id: Int, outlook: SagaOutlook?)] = []
            var results: [Int: DecidedSagaResult] = [:]
            for id in sagas.map(\.order.id) {
                let outlook = Result {
                    try system.outlook(
                        ofOrder: id, for: Self.decision, at: place, session.availability)
                }
                switch outlook {
                case .success(let outlook): looked.append((id, outlook))
                case .failure(let error):
                    results[id] = try DecidedSagaResult(order: id, .failure(error))
                }
            }
            let rehearsed = try system.rehearse(Self.decision, looked, because: options.reason)
            for ((id, _), result) in zip(looked, rehearsed) {
                results[id] = try DecidedSagaResult(order: id, result)
            }
            let chosen = looked.filter { results[$0.id]?.isRefused == false }
            let isRisky = warnOfRepetition(chosen, session)
            if !options.dryRun, !chosen.isEmpty {
                try confirm(chosen, isRisky, session)
                for (id, _) in chosen { results[id] = nil }
            }
            // All are decided, also when nobody reads of it.
            Signals.ignoreClosedPipes()
            let outlooks = Dictionary(uniqueKeysWithValues: chosen.map { ($0.id, $0.outlook) })
            for id in sagas.map(\.order.id) {
                try report.tell(
                    results[id]
                        ?? DecidedSagaResult(
                            order: id,
                            Result {
                                try carryOut(id, outlooks[id] ?? nil, system, isDryRun: false)
                            }))
            }
        } catch {
            try report.abandon()
            throw report.hasDecided
                ? Problem.amidWork(error, of: CustomersAndOrders.self)
                : Problem.ofOnlyTransaction(error, of: CustomersAndOrders.self)
        }
        try report.end()
        if report.isEmpty, let step = selection.step {
            let steps = system.orders.sagas.definition.steps.map(\.name)
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
        _ id: Int, _ outlook: SagaOutlook?, _ system: CustomersAndOrders, isDryRun: Bool
    ) throws -> DecidedSaga {
        try system.decide(
            Self.decision, ofOrder: id, outlook, because: options.reason, isDryRun: isDryRun)
    }

    /// Says which commands an inbox shows handled that would be sent again.
    ///
    /// - Returns: whether there are any.
    private func warnOfRepetition(
        _ sagas: [(id: Int, outlook: SagaOutlook?)], _ session: Session
    ) -> Bool {
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
        _ sagas: [(id: Int, outlook: SagaOutlook?)], _ isRisky: Bool, _ session: Session
    ) throws {
        if options.yes || (Self.decision == .retry && !isRisky) { return }
        let what =
            sagas.count == 1
            ? "the saga of order \(sagas[0].id)" : counted(sagas.count, "saga")
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
