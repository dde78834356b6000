internal import Tram

/// An error as a person or a script reads it: what is wrong, why or what stayed unchanged, and what to
/// do next.
public struct Problem: Error, Sendable {
    /// What a script tells problems apart by.
    public let code: Code
    /// What is wrong, with the user's own value.
    public let message: String
    /// Why, or what stayed unchanged.
    public var reason: String?
    /// What to do next.
    public var help: Advice
    /// The name of the option or of the key that is wrong.
    public var field: String?
    /// The value that is wrong.
    public var value: String?

    /// Puts an error into words.
    ///
    /// - Parameters:
    ///   - code: what a script tells problems apart by.
    ///   - message: what is wrong, with the user's own value; without a capital and a full stop.
    ///   - reason: why, or what stayed unchanged; whole sentences.
    ///   - help: what to do next; without a capital and a full stop.
    ///   - field: the option or key that is wrong.
    ///   - value: the value that is wrong.
    public init(
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
    public static func invalid(
        _ code: Code, field: String, value: String, _ expected: String,
        help: Advice? = nil
    ) -> Problem {
        Problem(
            code: code, message: "'\(value)' is not \(expected) (\(field))",
            reason: "Nothing was changed.", help: help ?? "give \(expected)", field: field,
            value: value)
    }

    /// What is wrong and why, in one string.
    public var detail: String { [message, reason].compactMap { $0 }.joined(separator: ". ") }

    /// Three lines at most, for standard error.
    public func text(_ style: Style, for address: CommandAddress) -> String {
        let lines = [
            style.bad("error[\(code.rawValue)]") + ": " + escaped(message),
            reason.map(escaped), "help: " + escaped(help.text(for: address)),
        ]
        return lines.compactMap { $0 }.joined(separator: "\n") + "\n"
    }

    /// The same as JSON: `{"error":{"code":…,"message":…,"help":…}}`.
    public func json(for address: CommandAddress) -> JSON {
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
public protocol ProblemConvertible: Error {
    /// The error in words.
    var problem: Problem { get }
}
