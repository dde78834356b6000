internal import FoundationEssentials

/// JSON as it travels: keys sorted, so that equal values are equal texts.
public enum WireFormat {
    /// - Throws: an `EncodingError` when the value has no JSON form.
    public static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The same for texts by name, as JSON's rules have it: every message has headers, so this costs a
    /// fraction of the general way.
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

    /// The same for a list of texts.
    static func encode(texts: [String]) -> String {
        var json = "["
        for text in texts {
            if json.utf8.count > 1 { json += "," }
            add(text, to: &json)
        }
        return json + "]"
    }

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

    /// Keys that the type does not have are ignored, so that a contract can grow.
    ///
    /// - Throws: ``WireFormatError`` when the text does not hold a value of the type.
    public static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws
        -> Value
    {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw WireFormatError("the payload is not a valid \(type): \(explanation(of: error))")
        }
    }

    /// What is wrong with a text that is to hold a value of the type; nil when it holds one.
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

/// A message does not hold what it should.
public struct WireFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in one sentence.
    public let description: String

    /// An error that is described so.
    public init(_ description: String) {
        self.description = description
    }
}
