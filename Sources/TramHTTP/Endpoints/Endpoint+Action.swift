public import TramWorkbench

extension Endpoint {
    /// An action of the application over HTTP: a POST whose body has the action's fields, but for those that
    /// stand in places of the path. A client may name its request by an `Idempotency-Key`.
    ///
    /// ```swift
    /// Endpoint<Trips>.performing(Book.self, path: "/trips", name: "bookTrip", answers: [
    ///     AnswerDescription(
    ///         status: 200, summary: "The trip is requested.", schema: JSONSchema.reference("Trip"))
    /// ]) { $0.json }
    /// ```
    ///
    /// - Parameters:
    ///   - name: a unique name for tools, the `operationId`.
    ///   - body: the schema of the body; else that of the action's fields.
    ///   - answers: what it may answer, besides what every endpoint does.
    ///   - answer: what is told of what the action has done. A repeated request should be told the same: so
    ///     nothing that changes with time.
    public static func performing<Performed: Action>(
        _ action: Performed.Type, path: Path, name: String, body schema: JSON? = nil,
        answers: [AnswerDescription],
        answer: @escaping @Sendable (Performed.Answer) throws -> JSON
    ) -> Endpoint where Performed.App == App {
        let places = Set(path.places)
        let fields = Performed.fields.filter { !places.contains($0.name) }
        let example = fields.example
        return Endpoint(
            method: .post, path: path, name: name, summary: Performed.summary,
            worker: .writer(Performed.service),
            places: Performed.fields.reduce(into: [:]) { schemas, field in
                if places.contains(field.name) { schemas[field.name] = field.form.schema }
            }, takesIdempotencyKey: true,
            body: fields.isEmpty
                ? nil
                : BodyDescription(schema: schema ?? fields.schema, example: example),
            answers: answers
        ) { call in
            let body =
                fields.isEmpty
                ? nil : try RequestBody(call.body, keys: fields.map(\.name), example: example)
            let action = try Performed(
                ActionInput(Performed.fields, RequestValues(places: call.places, body: body)))
            return { application in
                .json(
                    try answer(try action.perform(in: application, key: call.idempotencyKey)))
            }
        }
    }
}

/// The values of an action's fields that a request has brought.
private struct RequestValues: ActionValues {
    let places: [String: String]
    let body: RequestBody?

    func text(of field: ActionField) throws -> String? {
        if let place = places[field.name] {
            guard let text = place.percentDecoded else {
                throw Problem.invalid(
                    .usage, field: field.name, value: place, "UTF-8, escaped as in a URL",
                    help: "write %25 for a percent sign")
            }
            return text
        }
        guard let body, field.isRequired || body.has(field.name) else { return nil }
        switch field.form {
        case .string: return try body.text(field.name)
        case .id: return try body.number(field.name)
        case .words(let words): return try body.word(field.name, of: words)
        case .flag: return try body.flag(field.name) ? "true" : "false"
        case .number(let key):
            return try body.object(field.name, keys: [key]).number(key)
        }
    }

    func name(of field: ActionField) -> String {
        if case .number(let key) = field.form { "\(field.name).\(key)" } else { field.name }
    }
}
