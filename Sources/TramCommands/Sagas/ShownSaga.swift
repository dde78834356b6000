internal import Tram
internal import TramWorkbench

/// A saga with its definition beside what happened.
struct ShownSaga<App: Application>: Document {
    let saga: SagaStatus

    func text(_ style: Style) -> String {
        var lines = ["\(escaped(saga.name.title)): \(saga.state)"]
        lines.append("  kind          \(saga.kind)")
        if saga.isOrchestrated { lines.append("  instance      \(escaped("\(saga.reference)"))") }
        let label = saga.state == "stranded" ? "stranded" : "damage  "
        lines += saga.damage.map { "  \(label)      \(escaped($0))" }
        if let version = saga.version, version != 1 {
            lines.append("  version       \(version)")
        }
        if let step = saga.step { lines.append("  step          \(escaped(step))") }
        if saga.isPurged { lines.append("  log           purged") }
        lines += saga.wait.lines
        if saga.wait.isStuck {
            lines.append(
                "  stuck: nothing is on its way; see \(App.name) saga \(saga.wait.wayOut.rawValue)")
        }
        lines += saga.messages.map { "  message       \($0.id) \(escaped($0.type))" }
        return lines.joined(separator: "\n") + "\n" + definition + history
    }

    private var definition: String {
        guard let definition = saga.definition else { return "" }
        return Table(
            columns: [.left("STEP"), .left("ACTION"), .left("COMPENSATION")],
            rows: definition.steps.map {
                [$0.name, $0.action?.description ?? "-", $0.compensation?.description ?? "-"]
            }
        ).text
    }

    private var history: String {
        guard let first = saga.log.first, let last = saga.log.last
        else { return "" }
        let table = Table(
            columns: [.left("HAPPENED"), .left("STEP"), .left("MESSAGE")],
            rows: saga.log.map { entry in
                [
                    entry.event.rawValue, entry.step.map(escaped) ?? "-",
                    [entry.message?.description, entry.detail].compactMap { $0 }
                        .filter { !$0.isEmpty }.map(escaped).joined(separator: " "),
                ]
            })
        return table.text
            + "Data before: \(escaped(first.data))\nData after:  \(escaped(last.data))\n"
    }

    var json: JSON { saga.json }

    /// Many sagas. Where users know them by numbers, a column tells of which kind each is.
    static func list(_ sagas: [SagaStatus]) -> ListDocument<ShownSaga> {
        let noun = App.sagaWords.noun
        let names: [Table.Column] =
            noun.map { [.left($0.uppercased()), .left("SAGA")] } ?? [.left("SAGA")]
        return ListDocument(
            elements: sagas.map { ShownSaga(saga: $0) },
            columns: names + [
                .left("STATE"), .right("MESSAGES"), .left("STEP"), .left("WAITING FOR"),
            ], empty: "No sagas.", id: { escaped($0.saga.name.argument) }
        ) { shown in
            let saga = shown.saga
            return [escaped(saga.name.argument)] + (noun == nil ? [] : [saga.kind]) + [
                saga.state, "\(saga.messages.count)", saga.step.map(escaped) ?? "-",
                saga.wait.summary,
            ]
        }
    }
}

extension SagaWait {
    /// What is waited for, in a line.
    fileprivate var summary: String {
        if isStuck { return "stuck: nothing is on its way" }
        return
            (deliveries.map { "\($0.subscriber) to handle \($0.message.id)" }
            + [retry?.description].compactMap { $0 }).joined(separator: ", ")
    }

    /// The lines of a document that say what is waited for.
    package var lines: [String] {
        deliveries.map(\.line)
            + [retry].compactMap { $0.map { "  waiting for   \($0.description)" } }
    }
}

extension OutstandingDelivery {
    /// A line of a document.
    fileprivate var line: String {
        "  waiting for   \(subscriber) to handle \(message.id) \(escaped(message.type)) (\(words)\(isEdited ? ", edited" : ""))"
    }

    private var words: String {
        switch state {
        case .held(let behind): "held behind \(behind)"
        case .parked(let attempts): "parked after \(counted(attempts, "attempt"))"
        case .pending, .delivered, .failed, .stashed, .discarded: "\(state)"
        }
    }
}
