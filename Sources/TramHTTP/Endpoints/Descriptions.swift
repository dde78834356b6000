package import TramWorkbench

// What the OpenAPI document tells of an endpoint.

/// A parameter of the query. One that is not described is refused.
package struct QueryParameter: Sendable {
    let name: String
    let summary: String
    let schema: JSON

    package init(name: String, summary: String, schema: JSON) {
        self.name = name
        self.summary = summary
        self.schema = schema
    }
}

/// The body of a request.
package struct BodyDescription: Sendable {
    let schema: JSON
    let example: JSON

    package init(schema: JSON, example: JSON) {
        self.schema = schema
        self.example = example
    }
}

/// What an endpoint may answer.
package struct AnswerDescription: Sendable {
    let status: Int
    let summary: String
    let mediaType: String
    let schema: JSON

    package init(
        status: Int, summary: String, mediaType: String = "application/json", schema: JSON
    ) {
        self.status = status
        self.summary = summary
        self.mediaType = mediaType
        self.schema = schema
    }

    /// An answer that says what is wrong.
    package static func problem(_ status: Int, _ summary: String) -> AnswerDescription {
        AnswerDescription(
            status: status, summary: summary, mediaType: Answer.problemType,
            schema: JSONSchema.reference("Problem"))
    }
}
