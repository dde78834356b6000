public import Tram

/// Reads the values of options and arguments strictly, and explains what is wrong with them.
public enum Input {
    /// A name or the like: 1 to 200 characters after trimming, none of them a control character.
    public static func word(_ text: String, field: String) throws -> String {
        let isBlank: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let trimmed = text.unicodeScalars.drop(while: isBlank).reversed().drop(while: isBlank)
        guard (1...200).contains(trimmed.count),
            !trimmed.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw Problem.invalid(
                .text, field: field, value: text,
                "a \(field)", help: "give 1 to 200 characters, none of them a control character")
        }
        return String(String.UnicodeScalarView(trimmed.reversed()))
    }

    /// A positive integer without sign and leading zeros.
    public static func id(_ text: String, field: String) throws -> Int {
        guard let id = positive(text) else {
            throw Problem.invalid(
                .id, field: field, value: text, "an id",
                help: "give a positive whole number, for example 1")
        }
        return id
    }

    /// A positive whole number; 0 only where that is allowed.
    public static func count(
        _ text: String, field: String, isZeroAllowed: Bool = false
    ) throws -> Int {
        if isZeroAllowed, text == "0" { return 0 }
        guard let count = positive(text) else {
            throw Problem.invalid(
                .count, field: field, value: text, "a count",
                help: isZeroAllowed
                    ? "give 0 or a positive whole number, for example 10"
                    : "give a positive whole number, for example 10")
        }
        return count
    }

    /// The payload of a message: JSON text, without white space around it.
    public static func payload(_ bytes: [UInt8]) throws -> String {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let trimmed = Array(
            bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        do {
            _ = try JSON(parsing: trimmed)
        } catch {
            throw Problem(
                code: .json,
                message: "the payload is not JSON: \(error.reason) (byte \(error.offset))",
                reason: "Nothing was changed.",
                help: "give one JSON value, for example {\"name\":\"Jane Doe\"}", field: "payload")
        }
        return String(decoding: trimmed, as: UTF8.self)
    }

    /// A port; 0 for a free one.
    public static func port(_ text: String, field: String) throws -> Int {
        guard let port = UInt16(text), String(port) == text else {
            throw Problem.invalid(
                .port, field: field, value: text, "a port",
                help: "give a number from 1 to 65535, or 0 for a free port")
        }
        return Int(port)
    }

    /// A host's name, in lower case.
    public static func hostName(_ text: String, field: String) throws -> String {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
        guard isName, text.utf8.count <= 253 else {
            throw Problem.invalid(
                .hostName, field: field, value: text, "the name of a host",
                help: "give a name without a port, for example tram.example")
        }
        return text.lowercased()
    }

    /// The id of a message: `order:1`.
    public static func messageID(_ text: String, field: String = "message-id") throws -> MessageID {
        guard let id = MessageID(text) else {
            throw Problem.invalid(
                .messageID, field: field, value: text, "the id of a message",
                help: "write the service and the number, for example order:1")
        }
        return id
    }

    /// Why an operator decides something.
    public static func reason(_ text: String) throws -> String {
        guard text.unicodeScalars.count <= 1000 else {
            throw Problem(
                code: .usage, message: "the reason has more than 1000 characters",
                reason: "Nothing was changed.", help: "give a shorter one", field: "reason")
        }
        return text
    }

    /// A key by which a client names a request.
    public static func idempotencyKey(_ text: String) throws -> IdempotencyKey {
        guard let key = IdempotencyKey(text) else {
            throw Problem.invalid(
                .idempotencyKey, field: "idempotency-key", value: text, "an idempotency key",
                help: "give 1 to 200 visible ASCII characters, for example a UUID")
        }
        return key
    }

    /// Digits and a unit: `250ms`, `5s`, `2m`, `1h`, `7d`.
    ///
    /// - Returns: milliseconds.
    public static func duration(_ text: String, field: String) throws -> Int {
        let units = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...7).contains(digits.count), let number = Int(digits),
            let unit = units[String(text.dropFirst(digits.count))]
        else {
            throw Problem.invalid(
                .duration, field: field, value: text, "a duration",
                help: "write a whole number and ms, s, m, h or d, for example 500ms or 5s")
        }
        return number * unit
    }

    private static func positive(_ text: String) -> Int? {
        guard let number = Int(text), number > 0, String(number) == text else { return nil }
        return number
    }
}
