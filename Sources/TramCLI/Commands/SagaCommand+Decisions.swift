internal import ArgumentParser
internal import CustomersAndOrders
internal import Orders
internal import Presentation
internal import Tram

/// A command by which an operator decides about a saga, or about many.
protocol SagaDecisionCommand: SessionCommand {
    static var decision: SagaDecision { get }
    var options: SagaDecisionOptions { get }
    /// The step that the saga must stand at; any when nil.
    var step: String? { get }
}

extension SagaDecisionCommand {
    var step: String? { nil }
}

/// Which sagas a decision is about, and what is said of it.
struct SagaDecisionOptions: ParsableArguments {
    @Argument(help: "The order's id.") var id: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "All sagas in a state, and at a step: stuck, running, compensating or failed.",
            valueName: "state=STATE[,step=NAME]"))
    var selection: String?

    @Option(help: ArgumentHelp("Why; it is kept with the decision.", valueName: "text"))
    var reason = ""

    @Flag(help: "Print what would happen, and change nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.") var yes = false

    /// - Throws: ``Problem`` unless either a saga or a selection is given.
    func validated(_ command: String) throws -> (id: Int?, selection: SagaSelection?) {
        guard (id == nil) != (selection == nil) else {
            throw Problem(
                code: .usage,
                message: id == nil
                    ? "it is not said which saga is meant"
                    : "an id and --where exclude one another",
                reason: "Nothing was changed.", help: "tram saga \(command) --help")
        }
        return (
            try id.map { try Input.id($0, field: "id") },
            try selection.map(SagaSelection.init(parsing:))
        )
    }
}

extension SagaDecisionCommand {
    func run(in session: Session) throws -> ExitStatus {
        let (id, selection) = try options.validated(Self.decision.rawValue)
        _ = try Input.reason(options.reason)
        let system = try session.open()
        if let selection { return try decide(selection, system, session) }
        return try decide(id ?? 0, system, session)
    }

    private func decide(
        _ id: Int, _ system: CustomersAndOrders, _ session: Session
    ) throws -> ExitStatus {
        let outlook = try system.outlook(
            ofOrder: id, for: Self.decision, atStep: step, session.availability)
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
        _ selection: SagaSelection, _ system: CustomersAndOrders, _ session: Session
    ) throws -> ExitStatus {
        let sagas = try system.sagas(session.availability).filter(selection.contains)
        var chosen: [(id: Int, outlook: SagaOutlook)] = []
        var results: [Int: DecidedSagaResult] = [:]
        for saga in sagas {
            try attempt(saga.order.id, &results) { id in
                let outlook = try system.outlook(
                    ofOrder: id, for: Self.decision, atStep: step, session.availability)
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
        _ id: Int, _ outlook: SagaOutlook, _ system: CustomersAndOrders, isDryRun: Bool
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
        _ sagas: [(id: Int, outlook: SagaOutlook)], _ session: Session
    ) throws {
        var isRisky = false
        if Self.decision == .retry || Self.decision == .resend {
            for (_, outlook) in sagas {
                guard let command = outlook.request, !outlook.handledBy.isEmpty
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
        let step = sagas.count == 1 ? sagas[0].outlook.overview.state.step : nil
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

    fileprivate var participle: String {
        switch self {
        case .retry: "retried"
        case .resend: "resent"
        case .skip: "skipped"
        case .rollback: "rolled back"
        case .abandon: "abandoned"
        }
    }
}

extension SagaSelection {
    /// Reads `state=STATE[,step=NAME]`.
    fileprivate init(parsing text: String) throws {
        func invalid(_ expected: String, help: String) -> Problem {
            Problem.invalid(
                .sagaSelection, field: "where", value: text, expected, help: help)
        }
        let help = "write state=STATE or state=STATE,step=NAME, for example state=stuck"
        var values: [String: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, ["state", "step"].contains(parts[0]), values[parts[0]] == nil
            else { throw invalid("a choice of sagas", help: help) }
            values[parts[0]] = parts[1]
        }
        guard let state = values["state"] else { throw invalid("a choice of sagas", help: help) }
        guard Self.states.contains(state) else {
            throw invalid(
                "a choice of sagas",
                help: "choose a state of: \(Self.states.joined(separator: ", "))")
        }
        self.init(state: state, step: values["step"])
    }
}

/// What came of a decision about one saga.
private struct DecidedSagaDocument: Document {
    let decided: DecidedSaga
    var isDryRun = false

    func text(_ style: Style) -> String {
        decided.effects.map { escaped($0) + "\n" }.joined()
            + (isDryRun ? "Nothing was changed.\n" : decided.published.map(publishedLine).joined())
    }

    var json: JSON { .object(decided.jsonMembers + dryRunMembers(isDryRun)) }

    var quietText: String? { "\(decided.orderID)" }
}

/// The key by which a rehearsal is told from the real thing.
private func dryRunMembers(_ isDryRun: Bool) -> [JSON.Member] {
    isDryRun ? [JSON.Member("dryRun", .bool(true))] : []
}

/// What came of it for one of many.
struct DecidedSagaResult {
    let order: Int
    let outcome: Result<DecidedSaga, Problem>
}

private struct DecidedSagasDocument: Document {
    let decision: SagaDecision
    let selection: String
    let results: [DecidedSagaResult]
    let isDryRun: Bool

    var refused: Int {
        results.count { if case .failure = $0.outcome { true } else { false } }
    }

    func text(_ style: Style) -> String {
        if results.isEmpty { return "No saga has \(escaped(selection)).\n" }
        let lines = results.map { result in
            switch result.outcome {
            case .success(let decided):
                decided.effects.map(escaped).joined(separator: "; ") + "\n"
            case .failure(let problem):
                "refused[\(problem.code.rawValue)]: \(escaped(problem.message))\n"
            }
        }
        let would = isDryRun ? " would be" : ""
        let end = isDryRun ? " Nothing was changed." : ""
        return lines.joined()
            + "\(counted(results.count - refused, "saga"))\(would) \(decision.participle), "
            + "\(refused) refused.\(end)\n"
    }

    var json: JSON {
        .array(
            results.map { result in
                switch result.outcome {
                case .success(let decided):
                    return .object(
                        decided.jsonMembers + [JSON.Member("error", .null)]
                            + dryRunMembers(isDryRun))
                case .failure(let problem):
                    let error: JSON = [
                        "code": .string(problem.code.rawValue),
                        "message": .string(problem.detail),
                    ]
                    return .object(
                        [
                            JSON.Member("orderId", .integer(result.order)),
                            JSON.Member("effects", .strings([])),
                            JSON.Member("published", .strings([])),
                            JSON.Member("error", error),
                        ] + dryRunMembers(isDryRun))
                }
            })
    }

    /// Those about which it was decided.
    var quietText: String? {
        results.compactMap { result in
            if case .success = result.outcome { "\(result.order)" } else { nil }
        }.joined(separator: "\n")
    }
}
