internal import FoundationEssentials

/// A value whose JSON Schema cannot be found by decoding it: because its decoder looks at what it reads, or
/// because the schema is to say more than its types do.
public protocol SchemaDescribed: Decodable {
    /// The schema of the value's JSON.
    static var schema: JSON { get }
    /// Any good value: what holds one is decoded with it.
    static var example: Self { get }
}

/// Finds the schema of a type by decoding a value of it that has every key: whatever the type asks its
/// decoder for is what its JSON must have.
///
/// Numbers under the key `id`, or under one that ends in `Id`, are ids: positive and whole. The cases of an
/// enumeration of words are listed when it is `CaseIterable`.
struct SchemaProbe {
    /// Types that are described once, elsewhere in the document, by name.
    let components: [any (Decodable & Sendable).Type]
    /// The types that are being looked into.
    private var outer: [any Decodable.Type] = []

    init(components: [any (Decodable & Sendable).Type]) {
        self.components = components
    }

    /// The schema of a type, or a reference to it where it is one of the components.
    func schema(of type: any Decodable.Type) throws -> JSON {
        components.contains { $0 == type }
            ? JSONSchema.reference("\(type)") : try value(of: type, for: nil).schema
    }

    /// The schema of a type, also where it is one of the components.
    func wholeSchema(of type: any Decodable.Type) throws -> JSON {
        try value(of: type, for: nil).schema
    }

    /// A value of the type, and the schema of it.
    ///
    /// - Parameter key: what it stands under; nil at the top and in lists.
    fileprivate func value<Value: Decodable>(
        of type: Value.Type, for key: (any CodingKey)?
    ) throws -> (value: Value, schema: JSON) {
        if let described = type as? any SchemaDescribed.Type,
            let example = described.example as? Value
        {
            return (example, described.schema)
        }
        if let (value, schema) = number(type, key) { return (value, schema) }
        if let value = "" as? Value { return (value, JSONSchema.text) }
        if let value = false as? Value { return (value, JSONSchema.boolean) }
        if let words = type as? any CaseIterable.Type, let (value, schema) = Self.words(words),
            let value = value as? Value
        {
            return (value, schema)
        }
        if let (value, schema) = Self.formatted(type) { return (value, schema) }
        guard !outer.contains(where: { $0 == type }) else {
            throw SchemaUnknown(reason: "\(type) holds itself")
        }
        var inner = self
        inner.outer.append(type)
        let decoder = ProbingDecoder(probe: inner)
        let value = try Value(from: decoder)
        return (value, decoder.schema)
    }

    private func number<Value>(_ type: Value.Type, _ key: (any CodingKey)?) -> (Value, JSON)? {
        let wholes: [any BinaryInteger] = [
            1, Int8(1), Int16(1), Int32(1), Int64(1), UInt(1), UInt8(1), UInt16(1), UInt32(1),
            UInt64(1),
        ]
        if let whole = wholes.lazy.compactMap({ $0 as? Value }).first {
            let isID = key.map { $0.stringValue == "id" || $0.stringValue.hasSuffix("Id") } ?? false
            return (whole, isID ? JSONSchema.id : ["type": .string("integer")])
        }
        let fractions: [Any] = [Double(0), Float(0), Decimal(0)]
        return fractions.lazy.compactMap { $0 as? Value }.first.map {
            ($0, ["type": .string("number")])
        }
    }

    /// What looks at its text: an empty one is none.
    private static func formatted<Value>(_ type: Value.Type) -> (Value, JSON)? {
        let values: [(Any?, String)] = [(UUID(), "uuid"), (URL(string: "urn:x"), "uri")]
        return values.lazy.compactMap { value, format in
            (value as? Value).map {
                ($0, ["type": .string("string"), "format": .string(format)])
            }
        }.first
    }

    private static func words<Words: CaseIterable>(_ type: Words.Type) -> (Any, JSON)? {
        let words = type.allCases.map { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard let first = type.allCases.first, !words.contains(nil) else { return nil }
        return (first, ["enum": .strings(words.compactMap { $0 })])
    }
}

/// Says yes to everything, and notes what it was asked for.
private final class ProbingDecoder: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let probe: SchemaProbe
    var members: [JSON.Member] = []
    var optional: Set<String> = []
    /// What a value that is no object says of itself.
    var other: JSON?

    init(probe: SchemaProbe) {
        self.probe = probe
    }

    var schema: JSON { other ?? JSONSchema.object(.object(members), optional: optional) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ProbingObject(decoder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { ProbingList(decoder: self) }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        ProbingValue(decoder: self)
    }
}

private struct ProbingObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ProbingDecoder
    let codingPath: [any CodingKey] = []

    /// An object whose keys are data, like a dictionary, has any.
    var allKeys: [Key] {
        decoder.other = ["type": .string("object")]
        return []
    }

    func contains(_ key: Key) -> Bool { true }

    /// Who asks for it does without the value.
    func decodeNil(forKey key: Key) -> Bool {
        decoder.optional.insert(key.stringValue)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (value, schema) = try decoder.probe.value(of: type, for: key)
        let isComponent = decoder.probe.components.contains { $0 == type }
        decoder.members.append(
            JSON.Member(
                key.stringValue, isComponent ? JSONSchema.reference("\(type)") : schema))
        return value
    }

    func decodeIfPresent<Value: Decodable>(
        _ type: Value.Type, forKey key: Key
    ) throws -> Value? {
        decoder.optional.insert(key.stringValue)
        return try decode(type, forKey: key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw unsupported(key)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw unsupported(key)
    }

    func superDecoder() -> any Decoder { decoder }
    func superDecoder(forKey key: Key) -> any Decoder { decoder }

    private func unsupported(_ key: Key) -> SchemaUnknown {
        SchemaUnknown(reason: "the value of '\(key.stringValue)' is decoded by hand")
    }
}

private struct ProbingList: UnkeyedDecodingContainer {
    let decoder: ProbingDecoder
    let codingPath: [any CodingKey] = []
    let count: Int? = nil
    var currentIndex = 0
    /// One element tells of all.
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        currentIndex += 1
        let isComponent = decoder.probe.components.contains { $0 == type }
        let (value, schema) = try decoder.probe.value(of: type, for: nil)
        decoder.other = JSONSchema.array(
            of: isComponent ? JSONSchema.reference("\(type)") : schema)
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        throw SchemaUnknown(reason: "the elements of a list are decoded by hand")
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw SchemaUnknown(reason: "the elements of a list are decoded by hand")
    }

    mutating func superDecoder() -> any Decoder { decoder }
}

private struct ProbingValue: SingleValueDecodingContainer {
    let decoder: ProbingDecoder
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (value, schema) = try decoder.probe.value(of: type, for: nil)
        decoder.other = schema
        return value
    }
}

/// Why the schema of a type cannot be found by decoding it: its author must describe it.
struct SchemaUnknown: ProblemConvertible {
    let reason: String
    /// The type of the message that has it.
    var message: String?

    var problem: Problem {
        Problem(
            code: .bug,
            message: "the schema of the message '\(message ?? "")' cannot be found: \(reason)",
            reason: "A message's schema is found by decoding its type.",
            help: "let the type that cannot be decoded be SchemaDescribed")
    }
}
