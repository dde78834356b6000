/// Why a text is no strict JSON, and where.
package struct JSONSyntaxError: Error, Hashable, Sendable {
    /// The place, in bytes from the beginning.
    package let offset: Int
    /// What is wrong there.
    package let reason: String
}

extension JSON {
    /// Reads one JSON value (RFC 8259) from UTF-8, more strictly than most readers, which repair or
    /// silently choose: an object's keys are different from one another, a number is written without an
    /// exponent and kept as it is written, and every surrogate has its other half.
    ///
    /// - Throws: ``JSONSyntaxError``.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONSyntaxError(offset: 0, reason: "it is not UTF-8")
        }
        var parser = Parser(bytes: bytes)
        self = try parser.document()
    }

    /// What a text from a store says; the text itself as a string when it is no JSON.
    package static func text(_ text: String) -> JSON {
        (try? JSON(parsing: Array(text.utf8))) ?? .string(text)
    }
}

private struct Parser {
    /// How deep arrays and objects may be in one another.
    private static let maximumDepth = 64

    let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONSyntaxError) -> JSON {
        let value = try value()
        skipWhitespace()
        guard position == bytes.count else { throw error("there is more text after the value") }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSON {
        skipWhitespace()
        guard let next else { throw error("a value is missing") }
        switch Character(Unicode.Scalar(next)) {
        case "{": return try nested { parser throws(JSONSyntaxError) in try parser.object() }
        case "[": return try nested { parser throws(JSONSyntaxError) in try parser.array() }
        case "\"": return .string(try string())
        case "-", "0"..."9": return try number()
        default: return try word()
        }
    }

    private mutating func nested(
        _ body: (inout Parser) throws(JSONSyntaxError) -> JSON
    ) throws(JSONSyntaxError) -> JSON {
        guard depth < Self.maximumDepth else { throw error("it is nested too deeply") }
        depth += 1
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONSyntaxError) -> JSON {
        var members: [JSON.Member] = []
        var keys: Set<String> = []
        skipWhitespace()
        if take("}") { return .object([]) }
        repeat {
            skipWhitespace()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw error("a key in quotes is missing") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw JSONSyntaxError(offset: start, reason: "the key '\(key)' appears twice")
            }
            skipWhitespace()
            guard take(":") else { throw error("a colon is missing") }
            members.append(JSON.Member(key, try value()))
            skipWhitespace()
        } while take(",")
        guard take("}") else { throw error("a comma or the object's end is missing") }
        return .object(members)
    }

    private mutating func array() throws(JSONSyntaxError) -> JSON {
        var elements: [JSON] = []
        skipWhitespace()
        if take("]") { return .array([]) }
        repeat {
            elements.append(try value())
            skipWhitespace()
        } while take(",")
        guard take("]") else { throw error("a comma or the array's end is missing") }
        return .array(elements)
    }

    private mutating func word() throws(JSONSyntaxError) -> JSON {
        let words: [(String, JSON)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
        ]
        for (word, value) in words where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw error("this is not the beginning of a value")
    }

    private mutating func number() throws(JSONSyntaxError) -> JSON {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            throw error("a number must not have an exponent")
        }
        if let next, next.isDigit {
            throw error("a number must not have leading zeros")
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = next, byte.isDigit { position += 1 }
        guard position > start else { throw error("a digit is missing") }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                text += Array(String(try escape()).utf8)
            case 0..<0x20:
                throw error("a control character must be escaped")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw error("the closing quote of a string is missing")
    }

    private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
        if take("u") { return try escapedScalar() }
        let scalar: Unicode.Scalar
        switch next.map(Unicode.Scalar.init) {
        case "\"": scalar = "\""
        case "\\": scalar = "\\"
        case "/": scalar = "/"
        case "b": scalar = "\u{8}"
        case "f": scalar = "\u{C}"
        case "n": scalar = "\n"
        case "r": scalar = "\r"
        case "t": scalar = "\t"
        default: throw error("there is no such escape")
        }
        position += 1
        return scalar
    }

    /// What follows `\u`: four digits, or a pair of surrogates.
    private mutating func escapedScalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
        guard UTF16.isLeadSurrogate(unit), take("\\"), take("u") else {
            throw error("a surrogate lacks its other half")
        }
        let trail = try hexadecimal()
        guard UTF16.isTrailSurrogate(trail) else {
            throw error("a surrogate lacks its other half")
        }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.isHexadecimalDigit),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are missing") }
        position += 4
        return unit
    }

    // MARK: Bytes

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func error(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: reason)
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isHexadecimalDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
            || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(self)
    }
}
