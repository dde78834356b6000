/// A JSON value that is written as it was built: keys in their order, on one line.
public enum JSON: Hashable, Sendable {
    case object([Member])
    case array([JSON])
    case string(String)
    case integer(Int)
    /// An exact number as it is written.
    case number(String)
    case bool(Bool)
    case null

    /// A key and its value.
    public struct Member: Hashable, Sendable {
        /// Unique in its object.
        public let key: String
        /// Any JSON.
        public let value: JSON

        /// A key with its value.
        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }

        /// The key and the value, without the braces of the object.
        public var text: String { String(JSON.object([self]).text.dropFirst().dropLast()) }
    }

    /// The value, or null.

    public static func optional(_ text: String?) -> JSON {
        text.map(JSON.string) ?? .null
    }

    /// The value, or null.

    public static func optional(_ integer: Int?) -> JSON {
        integer.map(JSON.integer) ?? .null
    }

    /// A list of strings.
    public static func strings(_ texts: [String]) -> JSON {
        .array(texts.map(JSON.string))
    }

    /// The object with further members; anything else as it is.
    public func adding(_ more: [Member]) -> JSON {
        if case .object(let members) = self { .object(members + more) } else { self }
    }

    /// The JSON on one line.
    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .string(let string): Self.write(string, to: &text)
        case .integer(let integer): text += "\(integer)"
        case .number(let digits): text += digits
        case .bool(let bool): text += bool ? "true" : "false"
        case .null: text += "null"
        }
    }

    /// The same for people: a member or an element a line, but for those that hold no others.
    public var indentedText: String {
        var text = ""
        writeIndented(to: &text, "\n")
        return text
    }

    private func writeIndented(to text: inout String, _ line: String) {
        switch self {
        case .object(let members) where members.contains { $0.value.isNested }:
            for (index, member) in members.enumerated() {
                text += (index == 0 ? "{" : ",") + line + "  "
                Self.write(member.key, to: &text)
                text += ": "
                member.value.writeIndented(to: &text, line + "  ")
            }
            text += line + "}"
        case .array(let elements) where elements.contains(where: \.isNested):
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "[" : ",") + line + "  "
                element.writeIndented(to: &text, line + "  ")
            }
            text += line + "]"
        default: write(to: &text)
        }
    }

    private var isNested: Bool {
        switch self {
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let scalar where scalar.isUnsafeToPrint: text += escape(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension JSON: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map(Member.init))
    }
}
