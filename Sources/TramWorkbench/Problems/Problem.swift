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
    package var help: Advice
    /// The name of the option or of the key that is wrong.
    package var field: String?
    /// The value that is wrong.
    package var value: String?

    package init(
        code: Code, message: String, reason: String? = nil, help: Advice, field: String? = nil,
        value: String? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.help = help
        self.field = field
        self.value = value
    }

    /// A value that is not of the right form.
    package static func invalid(
        _ code: Code, field: String, value: String, _ expected: String,
        help: Advice? = nil
    ) -> Problem {
        Problem(
            code: code, message: "'\(value)' is not \(expected) (\(field))",
            reason: "Nothing was changed.", help: help ?? "give \(expected)", field: field,
            value: value)
    }

    /// What is wrong and why, in one string.
    package var detail: String { [message, reason].compactMap { $0 }.joined(separator: ". ") }

    /// Three lines at most, for standard error.
    package func text(_ style: Style, for address: CommandAddress) -> String {
        let lines = [
            style.bad("error[\(code.rawValue)]") + ": " + escaped(message),
            reason.map(escaped), "help: " + escaped(help.text(for: address)),
        ]
        return lines.compactMap { $0 }.joined(separator: "\n") + "\n"
    }

    package func json(for address: CommandAddress) -> JSON {
        [
            "error": [
                "code": .string(code.rawValue),
                "message": .string(detail),
                "field": .optional(field),
                "value": .optional(value),
                "help": .string(help.text(for: address)),
                "exitCode": .integer(Int(code.exitStatus.rawValue)),
            ]
        ]
    }
}

/// An error that says itself what a user reads of it.
package protocol ProblemConvertible: Error {
    /// The error in words.
    var problem: Problem { get }
}
