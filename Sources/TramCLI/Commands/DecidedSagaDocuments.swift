internal import CustomersAndOrders
internal import Presentation
internal import Tram

/// What came of a decision about one saga.
struct DecidedSagaDocument: Document {
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

struct DecidedSagasDocument: Document {
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
