internal import Contracts
internal import Customers
internal import CustomersAndOrders
internal import Presentation
internal import TramWorkbench

/// The JSON object that a request has brought, read strictly: a key that is not known is refused like
/// one that is missing, for both are most often a mistyped one.
struct RequestBody {
    private let members: [String: JSON]
    private let example: JSON

    /// - Parameters:
    ///   - keys: all that may be there.
    ///   - example: a good body, for whoever sent a bad one.
    /// - Throws: ``Problem``.
    init(_ bytes: [UInt8], keys: [String], example: JSON) throws {
        self.example = example
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
        members = try Self.members(of: json, keys: keys, in: nil, example)
    }

    func name(_ key: String) throws -> CustomerName {
        guard case .string(let text) = try value(key) else {
            throw wrongType(key, "a string")
        }
        return try Input.name(text, field: key)
    }

    func id(_ key: String) throws -> Int {
        try Input.id(try number(try value(key), key), field: key)
    }

    /// Money: `{"amount": 12.34}`.
    func amount(
        _ key: String, _ read: (_ text: String, _ field: String) throws -> Money
    ) throws -> Money {
        let inside = try Self.members(
            of: try value(key), keys: ["amount"], in: key, example)
        guard let amount = inside["amount"] else { throw missing("\(key).amount") }
        return try read(try number(amount, "\(key).amount"), "\(key).amount")
    }

    /// A number as it is written, without what does not change it: `4.00` is 4, to JSON Schema too.
    private func number(_ json: JSON, _ field: String) throws -> String {
        guard case .number(var text) = json else { throw wrongType(field, "a number") }
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return text == "-0" ? "0" : text
    }

    /// One of a few words; the first when the key is not there.
    func choice<Choice: CaseIterable & RawRepresentable>(
        _ key: String, _ default: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let value = members[key] else { return `default` }
        guard case .string(let word) = value, let choice = Choice(rawValue: word) else {
            let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            throw wrongType(key, words)
        }
        return choice
    }

    private static func members(
        of json: JSON, keys: [String], in field: String?, _ example: JSON
    ) throws -> [String: JSON] {
        let name = field.map { "'\($0)'" } ?? "the body"
        guard case .object(let members) = json else {
            throw Problem(
                code: .body, message: "\(name) is not a JSON object",
                reason: "Nothing was changed.", help: "send for example \(example.text)",
                field: field)
        }
        for member in members where !keys.contains(member.key) {
            throw Problem(
                code: .body, message: "\(name) has the unknown key '\(member.key)'",
                reason: "Nothing was changed.", help: "send for example \(example.text)",
                field: field.map { "\($0).\(member.key)" } ?? member.key)
        }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
    }

    private func value(_ key: String) throws -> JSON {
        guard let value = members[key] else { throw missing(key) }
        return value
    }

    private func missing(_ field: String) -> Problem {
        Problem(
            code: .body, message: "'\(field)' is missing", reason: "Nothing was changed.",
            help: "send for example \(example.text)", field: field)
    }

    private func wrongType(_ field: String, _ expected: String) -> Problem {
        Problem(
            code: .body, message: "'\(field)' is not \(expected)", reason: "Nothing was changed.",
            help: "send for example \(example.text)", field: field)
    }
}
