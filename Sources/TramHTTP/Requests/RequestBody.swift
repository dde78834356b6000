package import TramWorkbench

/// The JSON object that a request has brought, read strictly: a key that is not known is refused like
/// one that is missing, for both are most often a mistyped one.
///
/// ```swift
/// let body = try RequestBody(call.body, keys: ["traveller", "car"], example: example)
/// let traveller = try body.text("traveller")
/// ```
package struct RequestBody {
    private let members: [String: JSON]
    /// Where this object is in the body, for the names of fields: `orderTotal.`.
    private let prefix: String
    private let example: JSON

    /// - Parameters:
    ///   - keys: all that may be there.
    ///   - example: a good body, for whoever sent a bad one.
    /// - Throws: `Problem`.
    package init(_ bytes: [UInt8], keys: [String], example: JSON) throws {
        let json: JSON
        do {
            json = try JSON(parsing: bytes)
        } catch {
            throw Problem(
                code: .json,
                message: bytes.isEmpty
                    ? "the body is empty"
                    : "the body cannot be read as JSON: \(error.reason), at byte \(error.offset)",
                reason: "Nothing was changed.", help: "send for example \(example.text)")
        }
        try self.init(json, keys: keys, in: nil, example)
    }

    private init(
        _ json: JSON, keys: [String], in field: String?, _ example: JSON
    ) throws {
        let name = field.map { "'\($0)'" } ?? "the body"
        guard case .object(let members) = json else {
            throw Problem(
                code: .body, message: "\(name) is not a JSON object",
                reason: "Nothing was changed.", help: "send for example \(example.text)",
                field: field)
        }
        prefix = field.map { $0 + "." } ?? ""
        for member in members where !keys.contains(member.key) {
            throw Problem(
                code: .body, message: "\(name) has the unknown key '\(member.key)'",
                reason: "Nothing was changed.", help: "send for example \(example.text)",
                field: prefix + member.key)
        }
        self.members = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
        self.example = example
    }

    /// Whether the object has a key.
    package func has(_ key: String) -> Bool { members[key] != nil }

    /// The object under a key, which has just these keys.
    package func object(_ key: String, keys: [String]) throws -> RequestBody {
        try RequestBody(try value(key), keys: keys, in: prefix + key, example)
    }

    /// The string under a key.
    package func text(_ key: String) throws -> String {
        guard case .string(let text) = try value(key) else { throw wrongType(key, "a string") }
        return text
    }

    /// Whether a key is true; false when it is not there.
    package func flag(_ key: String) throws -> Bool {
        guard let value = members[key] else { return false }
        guard case .bool(let flag) = value else { throw wrongType(key, "true or false") }
        return flag
    }

    /// A number as it is written, without what does not change it: `4.00` is 4, to JSON Schema too.
    package func number(_ key: String) throws -> String {
        guard case .number(var text) = try value(key) else { throw wrongType(key, "a number") }
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return text == "-0" ? "0" : text
    }

    /// One of a few words.
    package func word(_ key: String, of words: [String]) throws -> String {
        guard case .string(let word) = try value(key), words.contains(word) else {
            throw wrongType(key, words.map { "\"\($0)\"" }.joined(separator: " or "))
        }
        return word
    }

    private func value(_ key: String) throws -> JSON {
        guard let value = members[key] else {
            throw Problem(
                code: .body, message: "'\(prefix)\(key)' is missing",
                reason: "Nothing was changed.", help: "send for example \(example.text)",
                field: prefix + key)
        }
        return value
    }

    private func wrongType(_ key: String, _ expected: String) -> Problem {
        Problem(
            code: .body, message: "'\(prefix)\(key)' is not \(expected)",
            reason: "Nothing was changed.", help: "send for example \(example.text)",
            field: prefix + key)
    }
}
