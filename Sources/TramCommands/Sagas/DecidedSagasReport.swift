internal import Platform
internal import Tram
internal import TramWorkbench

/// What came of a decision for one of many sagas.
struct DecidedSagaResult {
    let name: SagaName
    let outcome: Result<DecidedSaga, Problem>

    /// - Throws: an error that concerns not only this saga.
    init(
        _ name: SagaName, _ result: Result<DecidedSaga, any Error>,
        of application: any Application.Type
    ) throws {
        self.name = name
        switch result {
        case .success(let decided): outcome = .success(decided)
        case .failure(let error as SagaDecisionError):
            outcome = .failure(Problem(error, of: application))
        case .failure(StoreError.unexpectedRow(let detail)):
            outcome = .failure(
                Problem(StoreError.unexpectedRow(detail), of: application))
        case .failure(let error): throw error
        }
    }

    var isRefused: Bool {
        if case .failure = outcome { true } else { false }
    }
}

/// Prints what comes of a decision about many sagas, each when it is committed: what is done is told also
/// when an error stops the rest.
final class DecidedSagasReport<App: Application> {
    /// How many sagas it was refused for.
    private(set) var refused = 0
    private var decided = 0
    /// The first error of writing the report. What is decided about the sagas does not depend on who reads
    /// of it, so the rest goes on unsaid.
    private var outputError: SystemError?
    private let session: Session<App>
    private let decision: SagaDecision
    private let selection: String
    private let isDryRun: Bool

    init(
        _ session: Session<App>, decision: SagaDecision, selection: String, isDryRun: Bool
    ) {
        self.session = session
        self.decision = decision
        self.selection = selection
        self.isDryRun = isDryRun
    }

    /// Whether nothing was told.
    var isEmpty: Bool { decided + refused == 0 }

    /// Whether anything was committed.
    var hasDecided: Bool { decided > 0 && !isDryRun }

    func tell(_ result: DecidedSagaResult) throws {
        let opening = isEmpty ? "[" : ","
        if result.isRefused { refused += 1 } else { decided += 1 }
        if outputError != nil { return }
        do {
            try write(result, opening)
            try session.output.flush()
        } catch let error as SystemError {
            outputError = error
        }
    }

    private func write(_ result: DecidedSagaResult, _ opening: String) throws {
        if session.isJSON {
            try session.output.write(opening + json(result).text)
        } else if session.isQuiet {
            if !result.isRefused { try session.output.writeLine(escaped(result.name.argument)) }
        } else {
            try session.output.write(text(result))
        }
    }

    /// - Throws: also the error that has ended the report before.
    func end() throws {
        if let outputError { throw outputError }
        if session.isJSON {
            try session.output.writeLine(isEmpty ? "[]" : "]")
        } else if !session.isQuiet {
            try session.output.write(totals)
        }
    }

    /// Ends the report when an error has stopped the rest: JSON is then whole.
    func abandon() throws {
        if outputError != nil { return }
        if session.isJSON, !isEmpty { try session.output.writeLine("]") }
        try session.output.flush()
    }

    private func text(_ result: DecidedSagaResult) -> String {
        switch result.outcome {
        case .success(let saga):
            saga.effects.map(escaped).joined(separator: "; ") + "\n"
                + (isDryRun ? "" : saga.published.map(\.sentLine).joined())
        case .failure(let problem):
            "refused[\(problem.code.rawValue)]: \(escaped(problem.message))\n"
        }
    }

    private var totals: String {
        if isEmpty { return "No saga has \(escaped(selection)).\n" }
        let would = isDryRun ? " would be" : ""
        let end = isDryRun ? " Nothing was changed." : ""
        return
            "\(counted(decided, "saga"))\(would) \(decision.participle), \(refused) refused.\(end)\n"
    }

    private func json(_ result: DecidedSagaResult) -> JSON {
        switch result.outcome {
        case .success(let saga):
            return .object(
                saga.jsonMembers + [JSON.Member("error", .null)] + dryRunMembers(isDryRun))
        case .failure(let problem):
            let error: JSON = [
                "code": .string(problem.code.rawValue), "message": .string(problem.detail),
            ]
            return .object(
                [
                    result.name.json,
                    JSON.Member("effects", .strings([])),
                    JSON.Member("published", .strings([])),
                    JSON.Member("error", error),
                ] + dryRunMembers(isDryRun))
        }
    }
}
