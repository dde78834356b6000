/// JSON Schemas (draft 2020-12), as far as the program describes what it takes and gives.
public enum JSONSchema {
    /// A positive whole number that names something.
    public static let id: JSON = [
        "type": .string("integer"), "format": .string("int64"), "minimum": .integer(1),
        "maximum": .integer(.max),
    ]

    /// A message's id, for example `order:1`.
    public static let messageID: JSON = [
        "type": .string("string"), "pattern": .string("^[a-z]+:[1-9][0-9]{0,17}$"),
    ]

    /// A whole number from 0.
    public static let count: JSON = ["type": .string("integer"), "minimum": .integer(0)]
    /// Any string.
    public static let text: JSON = ["type": .string("string")]
    /// Any string, or null.
    public static let optionalText: JSON = ["type": .strings(["string", "null"])]

    /// True or false.
    public static let boolean: JSON = ["type": .string("boolean")]

    /// A schema that stands elsewhere in the document.
    public static func reference(_ name: String) -> JSON {
        ["$ref": .string("#/components/schemas/\(name)")]
    }

    /// An object with just these keys, all of them required but for the optional ones.
    public static func object(_ properties: JSON, optional: Set<String> = []) -> JSON {
        guard case .object(let members) = properties else { return properties }
        return [
            "type": .string("object"),
            "properties": properties,
            "required": .strings(members.map(\.key).filter { !optional.contains($0) }),
            "additionalProperties": .bool(false),
        ]
    }

    /// A list.
    public static func array(of elements: JSON) -> JSON {
        ["type": .string("array"), "items": elements]
    }

    /// What a schema describes, or null.
    public static func optional(_ schema: JSON) -> JSON {
        ["oneOf": .array([schema, ["type": .string("null")]])]
    }

    /// One of a type's words.
    public static func words<Word: CaseIterable & RawRepresentable>(
        _ words: Word.Type
    ) -> JSON where Word.RawValue == String {
        ["enum": .strings(words.allCases.map(\.rawValue))]
    }
}
