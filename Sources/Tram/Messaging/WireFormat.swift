internal import FoundationEssentials

/// The JSON of payloads, headers and stored values: keys sorted, slashes not escaped.
///
/// The order of keys is fixed so that equal values are equal texts, which digests and
/// ``IdempotencyKeys`` rely on. Dates and data are encoded as `JSONEncoder` does by default.
public enum WireFormat {
    /// The JSON text of a value.
    ///
    /// - Throws: an `EncodingError` when the value has no JSON form, for example a number that is
    ///   not finite.
    public static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The JSON object of some texts by name.
    ///
    /// Every message has headers, and this costs a fraction of a `JSONEncoder`. It escapes only
    /// what JSON requires (RFC 8259, section 7).
    static func encode(texts: [String: String]) -> String {
        var json = "{"
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            if json.utf8.count > 1 { json += "," }
            add(name, to: &json)
            json += ":"
            add(text, to: &json)
        }
        return json + "}"
    }

    /// The JSON array of some texts.
    static func encode(texts: [String]) -> String {
        var json = "["
        for text in texts {
            if json.utf8.count > 1 { json += "," }
            add(text, to: &json)
        }
        return json + "]"
    }

    /// Adds a quoted text. Most texts need no escapes and are added as a whole.
    private static func add(_ text: String, to json: inout String) {
        json += "\""
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
            for character in text.unicodeScalars { add(character, to: &json) }
        } else {
            json += text
        }
        json += "\""
    }

    private static func add(_ character: Unicode.Scalar, to json: inout String) {
        switch character {
        case "\"": json += "\\\""
        case "\\": json += "\\\\"
        case "\n": json += "\\n"
        case "\r": json += "\\r"
        case "\t": json += "\\t"
        case _ where character.value < 0x20:
            let digits = String(character.value, radix: 16)
            json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: json.unicodeScalars.append(character)
        }
    }

    /// Reads a value from JSON text.
    ///
    /// Keys that the type does not have are ignored, so that a message can get new keys before its
    /// receivers know them.
    ///
    /// - Throws: ``WireFormatError`` when the text does not hold a value of the type: it says which
    ///   key is missing or wrong.
    public static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws
        -> Value
    {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw WireFormatError("the payload is not a valid \(type): \(explanation(of: error))")
        }
    }

    /// What is wrong with a text that should hold a value of the type; nil when it holds one.
    static func fault<Value: Decodable>(in text: String, as type: Value.Type) -> String? {
        do {
            _ = try JSONDecoder().decode(type, from: Data(text.utf8))
            return nil
        } catch let error as DecodingError {
            return explanation(of: error)
        } catch {
            return "\(error)"
        }
    }

    /// A decoding error as a phrase that names the key and its place.
    private static func explanation(of error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty
                ? "" : " at " + context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context):
            "the key '\(key.stringValue)' is missing\(place(context))"
        case .valueNotFound(_, let context): "a value is missing\(place(context))"
        case .typeMismatch(_, let context): "a value has the wrong type\(place(context))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is not JSON" : "a value is not valid\(place(context))"
        @unknown default: "it cannot be decoded"
        }
    }
}

/// A message does not hold what it should: a header is missing, or the payload does not fit its
/// type.
///
/// Thrown in a handler, it makes the delivery fail, and in the end the message is parked. An
/// operator can then give the delivery another payload with ``Relay/edit(_:for:payload:)``.
public struct WireFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in one sentence.
    public let description: String

    /// An error with this description.
    public init(_ description: String) {
        self.description = description
    }
}
