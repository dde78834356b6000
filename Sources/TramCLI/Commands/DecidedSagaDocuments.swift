internal import CustomersAndOrders
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

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
func dryRunMembers(_ isDryRun: Bool) -> [JSON.Member] {
    isDryRun ? [JSON.Member("dryRun", .bool(true))] : []
}
