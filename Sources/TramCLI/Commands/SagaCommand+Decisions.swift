internal import ArgumentParser
internal import CustomersAndOrders
internal import Orders
internal import Presentation
internal import Tram

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
    func run(in session: Session) throws -> ExitStatus {
        let (id, selection) = try options.validated(Self.decision.rawValue)
        _ = try Input.reason(options.reason)
        let place = try place
        let system = try session.open()
        if let selection { return try decide(selection, place, system, session) }
        return try decide(id ?? 0, place, system, session)
    }

    private func decide(
        _ id: Int, _ place: SagaPlace, _ system: CustomersAndOrders, _ session: Session
    ) throws -> ExitStatus {
        let outlook = try system.outlook(
            ofOrder: id, for: Self.decision, at: place, session.availability)
        // What is refused is refused before anybody is asked.
        let foreseen = try carryOut(id, outlook, system, isDryRun: true)
        if options.dryRun {
            try session.show(DecidedSagaDocument(decided: foreseen, isDryRun: true))
            return .done
        }
        try confirm([(id, outlook)], session)
        let decided = try carryOut(id, outlook, system, isDryRun: false)
        try session.show(DecidedSagaDocument(decided: decided))
        return .done
    }

    private func decide(
        _ selection: SagaSelection, _ place: SagaPlace, _ system: CustomersAndOrders,
        _ session: Session
    ) throws -> ExitStatus {
        let sagas = try system.sagas(session.availability).filter(selection.contains)
        var chosen: [(id: Int, outlook: SagaOutlook?)] = []
        var results: [Int: DecidedSagaResult] = [:]
        for saga in sagas {
            try attempt(saga.order.id, &results) { id in
                let outlook = try system.outlook(
                    ofOrder: id, for: Self.decision, at: place, session.availability)
                let foreseen = try carryOut(id, outlook, system, isDryRun: true)
                chosen.append((id, outlook))
                return foreseen
            }
        }
        if !options.dryRun, !chosen.isEmpty {
            try confirm(chosen, session)
            for (id, outlook) in chosen {
                try attempt(id, &results) {
                    try carryOut($0, outlook, system, isDryRun: false)
                }
            }
        }
        let document = DecidedSagasDocument(
            decision: Self.decision, selection: options.selection ?? "",
            results: sagas.compactMap { results[$0.order.id] }, isDryRun: options.dryRun)
        try session.show(document)
        return document.refused > 0 ? .no : .done
    }

    private func carryOut(
        _ id: Int, _ outlook: SagaOutlook?, _ system: CustomersAndOrders, isDryRun: Bool
    ) throws -> DecidedSaga {
        try system.decide(
            Self.decision, ofOrder: id, outlook, because: options.reason, isDryRun: isDryRun)
    }

    /// Notes what came of one of many; what is wrong with one stops no other.
    private func attempt(
        _ id: Int, _ results: inout [Int: DecidedSagaResult], _ body: (Int) throws -> DecidedSaga
    ) throws {
        do {
            results[id] = DecidedSagaResult(order: id, outcome: .success(try body(id)))
        } catch let error as SagaDecisionError {
            results[id] = DecidedSagaResult(
                order: id, outcome: .failure(Problem(error as any Error)))
        } catch let error as StoreError {
            guard case .unexpectedRow = error else { throw Problem.amidWork(error) }
            results[id] = DecidedSagaResult(
                order: id, outcome: .failure(Problem(error as any Error)))
        }
    }

    private func confirm(
        _ sagas: [(id: Int, outlook: SagaOutlook?)], _ session: Session
    ) throws {
        var isRisky = false
        if Self.decision == .retry || Self.decision == .resend {
            for (_, outlook) in sagas {
                guard let outlook, let command = outlook.request, !outlook.handledBy.isEmpty
                else { continue }
                isRisky = true
                session.warn(
                    "\(command) was handled by \(outlook.handledBy.joined(separator: " and ")): "
                        + "sent again, it is handled again")
            }
        }
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
