/// One of the things that an action is told.
public struct ActionField: Sendable {
    /// Its name in JSON: `orderTotal`. The shell has it with hyphens: `order-total`.
    public let name: String
    /// How its value is written in JSON.
    public let form: Form
    /// What it means, in one sentence.
    public let summary: String
    /// Whether there must be a value.
    public let isRequired: Bool
    /// A good value; nil for a field that an example does without.
    public let example: JSON?

    /// Describes a field.
    ///
    /// - Parameters:
    ///   - name: its name in JSON.
    ///   - form: how its value is written in JSON.
    ///   - summary: what it means, in one sentence.
    ///   - example: a good value. Without one, the field need not be given.
    public init(_ name: String, _ form: Form, _ summary: String, example: JSON? = nil) {
        self.name = name
        self.form = form
        self.summary = summary
        self.example = example
        isRequired = example != nil
    }

    /// How a value is written in JSON. The shell has the same as text.
    public enum Form: Sendable {
        case string
        /// A positive whole number that names something.
        case id
        /// One of these strings; the first when none is given.
        case words([String])
        /// True or false; false when it is not given.
        case flag
        /// A number inside of an object: `{"amount": 12.34}` is `number(in: "amount")`.
        case number(in: String)

        /// The JSON Schema of such a value.
        public var schema: JSON {
            switch self {
            case .string: JSONSchema.text
            case .id: JSONSchema.id
            case .words(let words): ["enum": .strings(words)]
            case .flag: JSONSchema.boolean
            case .number(let key):
                JSONSchema.object(
                    .object([JSON.Member(key, ["type": .string("number")])]))
            }
        }
    }

    /// The name of the shell's option: `order-total`.
    public var optionName: String {
        name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }
}
