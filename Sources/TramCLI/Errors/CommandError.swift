internal import Tram

/// An error as a person or a script reads it: what is wrong, why or what stayed unchanged, and what to
/// do next.
struct CommandError: Error {
    let code: Code
    /// What is wrong, with the user's own value.
    let message: String
    /// Why, or what stayed unchanged.
    var reason: String?
    /// What to do next.
    let help: String
    var field: String?
    var value: String?
    let exitStatus: ExitStatus

    /// The stable codes.
    enum Code: String {
        case usage
        case unknownCommand = "unknown-command"
        case invalidUTF8 = "invalid-utf8"
        case amount = "invalid-amount"
        case name = "invalid-name"
        case id = "invalid-id"
        case messageID = "invalid-message-id"
        case duration = "invalid-duration"
        case count = "invalid-count"
        case dataDirectory = "invalid-data-dir"
        case customerNotFound = "customer-not-found"
        case orderNotFound = "order-not-found"
        case messageNotFound = "message-not-found"
        case notInViewYet = "not-in-view-yet"
        case orderNotCancellable = "order-not-cancellable"
        case sagaNotFailed = "saga-not-failed"
        case historyIncomplete = "history-incomplete"
        case rebuildFailed = "rebuild-failed"
        case noStore = "no-store"
        case storeDamaged = "store-damaged"
        case storeTooNew = "store-too-new"
        case storeReadOnly = "store-readonly"
        case diskFull = "disk-full"
        case inputOutput = "io-error"
        case storeBusy = "store-busy"
        case relayBusy = "relay-busy"
        case bug = "internal-error"
    }

    /// A value that is not of the right form.
    static func invalid(
        _ code: Code, field: String, value: String, _ expected: String,
        help: String? = nil
    ) -> CommandError {
        CommandError(
            code: code, message: "'\(value)' is not \(expected) (\(field))",
            reason: "Nothing was changed.", help: help ?? "give \(expected)", field: field,
            value: value, exitStatus: .usage)
    }

    /// An error in the middle of a work of several transactions: it is not true any more that nothing
    /// was changed.
    static func amidWork(_ error: any Error) -> any Error {
        guard let error = error as? StoreError else { return error }
        if case .inputOutput(_, _, atCommit: true) = error { return error }
        var failure = CommandError(error)
        failure.reason = "The transaction in hand was undone; what was committed before stands."
        return failure
    }

    /// Three lines at most, for standard error.
    func text(_ style: Style) -> String {
        let lines = [
            style.bad("error[\(code.rawValue)]") + ": " + escaped(message),
            reason.map(escaped), "help: " + escaped(help),
        ]
        return lines.compactMap { $0 }.joined(separator: "\n") + "\n"
    }

    var json: JSON {
        [
            "error": [
                "code": .string(code.rawValue),
                "message": .string([message, reason].compactMap { $0 }.joined(separator: ". ")),
                "field": .optional(field),
                "value": .optional(value),
                "help": .string(help),
                "exitCode": .integer(Int(exitStatus.rawValue)),
            ]
        ]
    }
}
