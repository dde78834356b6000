internal import Tram
internal import TramWorkbench

/// What came of a decision about one saga.
struct DecidedSagaDocument: Document {
    let decided: DecidedSaga
    var isDryRun = false

    func text(_ style: Style) -> String {
        decided.effects.map { escaped($0) + "\n" }.joined()
            + (isDryRun ? "Nothing was changed.\n" : decided.published.map(\.sentLine).joined())
    }

    var json: JSON { .object(decided.jsonMembers + dryRunMembers(isDryRun)) }

    var quietText: String? { escaped(decided.name.argument) }
}

/// The key by which a rehearsal is told from the real thing.
func dryRunMembers(_ isDryRun: Bool) -> [JSON.Member] {
    isDryRun ? [JSON.Member("dryRun", .bool(true))] : []
}

extension Message {
    /// The line that tells that a command has put the message into an outbox.
    var sentLine: String {
        "\(isEvent ? "Published" : "Sent") \(id) \(escaped(type)) (pending)\n"
    }
}
