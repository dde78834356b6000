/// What an action is told, wherever it comes from: the options of a command, or the body of a request.
public struct ActionInput {
    private let fields: [ActionField]
    private let values: any ActionValues

    /// - Parameters:
    ///   - fields: those of the action.
    ///   - values: where their values come from.
    package init(_ fields: [ActionField], _ values: any ActionValues) {
        self.fields = fields
        self.values = values
    }

    /// The value of a field that must be given.
    ///
    /// - Parameters:
    ///   - name: the field's ``ActionField/name``.
    ///   - read: makes a value of the text, or throws a ``Problem`` that names the field as the user knows
    ///     it: the functions of ``Input`` do.
    public func read<Value>(
        _ name: String, _ read: (_ text: String, _ field: String) throws -> Value
    ) throws -> Value {
        let field = field(name)
        return try read(values.text(of: field) ?? "", values.name(of: field))
    }

    /// The value of a field that need not be given; nil when it is not.
    public func readIfGiven<Value>(
        _ name: String, _ read: (_ text: String, _ field: String) throws -> Value
    ) throws -> Value? {
        let field = field(name)
        return try values.text(of: field).map { try read($0, values.name(of: field)) }
    }

    /// One of a type's words; the default when none is given.
    ///
    /// - Throws: ``Problem`` when it is not one of them.
    public func choice<Choice: RawRepresentable>(
        _ name: String, _ default: Choice
    ) throws -> Choice where Choice.RawValue == String {
        let field = field(name)
        guard let word = try values.text(of: field) else { return `default` }
        guard let choice = Choice(rawValue: word) else {
            let words: [String] = if case .words(let words) = field.form { words } else { [] }
            throw Problem.invalid(
                .usage, field: values.name(of: field), value: word, "a known word",
                help: "choose one of: \(words.joined(separator: ", "))")
        }
        return choice
    }

    /// Whether a flag is given.
    public func flag(_ name: String) throws -> Bool {
        try values.text(of: field(name)) == "true"
    }

    private func field(_ name: String) -> ActionField {
        guard let field = fields.first(where: { $0.name == name }) else {
            preconditionFailure("the action has no field '\(name)'")
        }
        return field
    }
}

/// Where the values of an action's fields come from.
package protocol ActionValues {
    /// The text of a field's value, of the field's form; nil when there is none.
    ///
    /// - Throws: ``Problem`` when the value has another form, or must be given and is not.
    func text(of field: ActionField) throws -> String?

    /// The field's name as the user knows it.
    func name(of field: ActionField) -> String
}
