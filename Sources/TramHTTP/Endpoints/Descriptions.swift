public import TramWorkbench

// What the OpenAPI document tells of an endpoint.

/// A parameter of the query. One that is not described is refused.
public struct QueryParameter: Sendable {
    let name: String
    let summary: String
    let schema: JSON

    /// A parameter.
    ///
    /// - Parameters:
    ///   - name: as it is typed.
    ///   - summary: what it means, in one sentence.
    ///   - schema: the JSON Schema of its values.
    public init(name: String, summary: String, schema: JSON) {
        self.name = name
        self.summary = summary
        self.schema = schema
    }
}

/// The body of a request.
public struct BodyDescription: Sendable {
    let schema: JSON
    let example: JSON

    /// A body.
    ///
    /// - Parameters:
    ///   - schema: its JSON Schema.
    ///   - example: a good one, for whoever has sent a bad one.
    public init(schema: JSON, example: JSON) {
        self.schema = schema
        self.example = example
    }
}

/// What an endpoint may answer.
public struct AnswerDescription: Sendable {
    let status: Int
    let summary: String
    let mediaType: String
    let schema: JSON

    /// An answer.
    ///
    /// - Parameters:
    ///   - status: the number, for example 200.
    ///   - summary: what it means, in one sentence.
    ///   - mediaType: of what kind the body is.
    ///   - schema: the JSON Schema of the body.
    public init(
        status: Int, summary: String, mediaType: String = "application/json", schema: JSON
    ) {
        self.status = status
        self.summary = summary
        self.mediaType = mediaType
        self.schema = schema
    }

    /// An answer that says what is wrong.
    public static func problem(_ status: Int, _ summary: String) -> AnswerDescription {
        AnswerDescription(
            status: status, summary: summary, mediaType: Answer.problemType,
            schema: JSONSchema.reference("Problem"))
    }
}
