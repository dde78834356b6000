internal import ArgumentParser
internal import TramWorkbench

/// Which sagas a decision is about, and what is said of it.
struct SagaDecisionOptions<App: Application>: ParsableArguments {
    @Argument(help: App.helpOnSaga) var id: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "All sagas in a state: \(SagaSelection.states.joined(separator: ", ")); and at a step.",
            valueName: "state=STATE[,step=NAME]"))
    var selection: String?

    @Option(help: ArgumentHelp("Why; it is kept with the decision.", valueName: "text"))
    var reason = ""

    @Flag(help: "Print what would happen, and change nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.") var yes = false

    /// - Throws: ``Problem`` unless either a saga or a selection is given.
    func validated(_ command: String) throws -> SagaChoice {
        switch (id, selection) {
        case (let id?, nil): return .one(try Input.saga(id, of: App.sagaWords))
        case (nil, let selection?): return .many(try SagaSelection(parsing: selection))
        case (nil, nil), (_?, _?):
            throw Problem(
                code: .usage,
                message: id == nil
                    ? "it is not said which saga is meant"
                    : "an id and --where exclude one another",
                reason: "Nothing was changed.", help: "\(command: "saga \(command) --help")")
        }
    }
}

/// The sagas that a decision is about.
enum SagaChoice {
    case one(SagaArgument)
    case many(SagaSelection)
}

extension SagaSelection {
    /// Reads `state=STATE[,step=NAME]`, in either order. The name is all that the state leaves of the text,
    /// since it may have commas and equals signs.
    fileprivate init(parsing text: String) throws {
        let given = text
        func invalid(_ expected: String, help: Advice) -> Problem {
            Problem.invalid(
                .sagaSelection, field: "where", value: given, expected, help: help)
        }
        let help: Advice = "write state=STATE or state=STATE,step=NAME, for example state=stuck"
        var text = text[...]
        if text.hasPrefix("step="), let comma = text.lastIndex(of: ","),
            text[comma...].hasPrefix(",state=")
        {
            text = text[comma...].dropFirst() + "," + text[..<comma]
        }
        let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        let values = zip(["state=", "step="], parts).map { key, part in
            part.hasPrefix(key) && part != key ? String(part.dropFirst(key.count)) : nil
        }
        guard let state = values[0], values.allSatisfy({ $0 != nil }) else {
            throw invalid("a choice of sagas", help: help)
        }
        guard Self.states.contains(state) else {
            throw invalid(
                "a choice of sagas",
                help: "choose a state of: \(Self.states.joined(separator: ", "))")
        }
        self.init(state: state, step: values.count > 1 ? values[1] : nil)
    }
}
