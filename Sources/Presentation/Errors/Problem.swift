internal import Tram

/// An error as a person or a script reads it: what is wrong, why or what stayed unchanged, and what to
/// do next.
package struct Problem: Error, Sendable {
    package let code: Code
    /// What is wrong, with the user's own value.
    package let message: String
    /// Why, or what stayed unchanged.
    package var reason: String?
    /// What to do next.
    package var help: String
    package var field: String?
    package var value: String?

    package init(
        code: Code, message: String, reason: String? = nil, help: String, field: String? = nil,
        value: String? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.help = help
        self.field = field
        self.value = value
    }

    /// The stable codes.
    package enum Code: String, CaseIterable, Sendable {
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
        case port = "invalid-port"
        case address = "invalid-address"
        case hostName = "invalid-host-name"
        case tokenFile = "invalid-token-file"
        case idempotencyKey = "invalid-idempotency-key"
        case schema = "invalid-schema"
        case customerNotFound = "customer-not-found"
        case orderNotFound = "order-not-found"
        case messageNotFound = "message-not-found"
        case notInViewYet = "not-in-view-yet"
        case orderNotCancellable = "order-not-cancellable"
        case sagaNotFailed = "saga-not-failed"
        case notStuck = "not-stuck"
        case notCompensatable = "not-compensatable"
        case sagaStranded = "saga-stranded"
        case sagaSelection = "invalid-where"
        case historyIncomplete = "history-incomplete"
        case subscriberNotFound = "subscriber-not-found"
        case subscriberInUse = "subscriber-in-use"
        case serviceNotFound = "service-not-found"
        case directoryNotEmpty = "directory-not-empty"
        case idempotencyKeyReused = "idempotency-key-reused"
        case notPossible = "not-possible"
        case confirmation = "confirmation-needed"
        case notParked = "not-parked"
        case editor = "editor-failed"
        case noStore = "no-store"
        case storeDamaged = "store-damaged"
        case storeForeign = "store-foreign"
        case storeRolledBack = "store-rolled-back"
        case storeTooNew = "store-too-new"
        case storeReadOnly = "store-readonly"
        case diskFull = "disk-full"
        case inputOutput = "io-error"
        case storeBusy = "store-busy"
        case relayBusy = "relay-busy"
        case portInUse = "port-in-use"
        case noServer = "no-server"
        case bug = "internal-error"

        // Those that only HTTP knows.
        case unknownPath = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case json = "invalid-json"
        case body = "invalid-body"
        case query = "invalid-query"
        case notHandledYet = "not-handled-yet"
        case mediaType = "unsupported-media-type"
        case bodyTooLarge = "body-too-large"
        case wrongHost = "wrong-host"
        case foreignOrigin = "foreign-origin"
        case unauthorized
    }

    /// A value that is not of the right form.
    package static func invalid(
        _ code: Code, field: String, value: String, _ expected: String,
        help: String? = nil
    ) -> Problem {
        Problem(
            code: code, message: "'\(value)' is not \(expected) (\(field))",
            reason: "Nothing was changed.", help: help ?? "give \(expected)", field: field,
            value: value)
    }

    package static func customerNotFound(
        _ id: Int, field: String = "id", help: String = "see all customers: tram customer list"
    ) -> Problem {
        Problem(
            code: .customerNotFound, message: "customer \(id) does not exist", help: help,
            field: field, value: "\(id)")
    }

    /// Rewords an error that came after some transactions were committed.
    package static func amidWork(_ error: any Error) -> any Error {
        guard let error = error as? StoreError else { return error }
        if case .inputOutput(_, _, atCommit: true) = error { return error }
        var failure = Problem(error)
        failure.reason = "The transaction in hand was undone; what was committed before stands."
        return failure
    }

    /// Rewords an error of a command's only transaction: there are no earlier ones.
    package static func ofOnlyTransaction(_ error: any Error) -> any Error {
        guard let error = error as? StoreError, case .full = error else { return error }
        var failure = Problem(error)
        failure.reason = "Nothing was changed."
        return failure
    }

    /// What is wrong and why, in one string.
    package var detail: String { [message, reason].compactMap { $0 }.joined(separator: ". ") }

    /// Three lines at most, for standard error.
    package func text(_ style: Style) -> String {
        let lines = [
            style.bad("error[\(code.rawValue)]") + ": " + escaped(message),
            reason.map(escaped), "help: " + escaped(help),
        ]
        return lines.compactMap { $0 }.joined(separator: "\n") + "\n"
    }

    package var json: JSON {
        [
            "error": [
                "code": .string(code.rawValue),
                "message": .string(detail),
                "field": .optional(field),
                "value": .optional(value),
                "help": .string(help),
                "exitCode": .integer(Int(code.exitStatus.rawValue)),
            ]
        ]
    }
}
