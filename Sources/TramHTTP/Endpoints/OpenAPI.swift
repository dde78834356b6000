internal import TramWorkbench

/// The OpenAPI 3.1 document of a service, made of its endpoints.
enum OpenAPI {
    /// - Parameters:
    ///   - endpoints: all that the service can be asked for, its own and others.
    ///   - schemas: those that the endpoints refer to by name.
    static func document(
        of service: AnyHTTPService, version: String, _ endpoints: [AnyEndpoint],
        schemas: JSON, asksForToken: Bool
    ) -> JSON {
        var paths: [(path: Path, endpoints: [AnyEndpoint])] = []
        for endpoint in endpoints {
            if let index = paths.firstIndex(where: { $0.path == endpoint.path }) {
                paths[index].endpoints.append(endpoint)
            } else {
                paths.append((endpoint.path, [endpoint]))
            }
        }
        var members = [
            JSON.Member("openapi", .string("3.1.0")),
            JSON.Member(
                "info",
                [
                    "title": .string(service.title), "version": .string(version),
                    "description": .string(service.description),
                ]),
            JSON.Member(
                "paths",
                .object(
                    paths.map { path, endpoints in
                        JSON.Member(
                            path.description,
                            .object(
                                endpoints.map { operation($0, asksForToken: asksForToken) }))
                    })),
        ]
        var components = [JSON.Member("schemas", schemas)]
        if asksForToken {
            components.append(
                JSON.Member(
                    "securitySchemes",
                    ["token": ["type": .string("http"), "scheme": .string("bearer")]]))
            members.append(JSON.Member("security", .array([["token": .array([])]])))
        }
        members.append(JSON.Member("components", .object(components)))
        return .object(members)
    }

    private static func operation(
        _ endpoint: AnyEndpoint, asksForToken: Bool
    ) -> JSON.Member {
        var members = [
            JSON.Member("operationId", .string(endpoint.name)),
            JSON.Member("summary", .string(endpoint.summary)),
        ]
        let parameters =
            endpoint.path.places.map { place in
                parameter(
                    place, in: "path", isRequired: true,
                    endpoint.places[place] ?? JSONSchema.id)
            }
            + endpoint.query.map { query in
                parameter(query.name, in: "query", isRequired: false, query.schema, query.summary)
            }
            + (endpoint.takesIdempotencyKey ? [idempotencyKey] : [])
        if !parameters.isEmpty { members.append(JSON.Member("parameters", .array(parameters))) }
        if let body = endpoint.body {
            members.append(
                JSON.Member(
                    "requestBody",
                    [
                        "required": .bool(true),
                        "content": [
                            "application/json": ["schema": body.schema, "example": body.example]
                        ],
                    ]))
        }
        members.append(
            JSON.Member(
                "responses",
                .object(
                    (endpoint.answers + commonAnswers(of: endpoint, asksForToken: asksForToken))
                        .sorted { $0.status < $1.status }.map(response)
                        + [response("default", .problem(0, "What is wrong."))])))
        return JSON.Member(endpoint.method.rawValue.lowercased(), .object(members))
    }

    /// What is wrong with a request, or with the server, wherever it is met.
    private static func commonAnswers(
        of endpoint: AnyEndpoint, asksForToken: Bool
    ) -> [AnswerDescription] {
        var answers = [
            AnswerDescription.problem(
                400,
                "A value is not of the right form, or not known; nothing was changed."
                    + (endpoint.refusesIdempotencyKey
                        ? " The header \(IdempotencyKeyHeader.name) is not taken." : ""))
        ]
        let known = Set(endpoint.answers.map(\.status))
        if asksForToken { answers.append(.problem(401, "The request lacks the token.")) }
        if endpoint.method == .post {
            answers += [
                .problem(413, "The body is too large."),
                .problem(415, "The body is not declared as JSON."),
            ]
        }
        if endpoint.takesIdempotencyKey {
            answers.append(.problem(422, "The idempotency key was used for another request."))
        }
        answers += [
            .problem(403, "The request comes from a page of another site."),
            .problem(421, "The request is for another host."),
            .problem(503, "The server, a store or the relay is busy: try again."),
        ]
        return answers.filter { !known.contains($0.status) }
    }

    private static let idempotencyKey = parameter(
        IdempotencyKeyHeader.name, in: "header", isRequired: false, IdempotencyKeyHeader.schema,
        IdempotencyKeyHeader.summary)

    private static func parameter(
        _ name: String, in place: String, isRequired: Bool, _ schema: JSON,
        _ description: String? = nil
    ) -> JSON {
        .object(
            [
                JSON.Member("name", .string(name)), JSON.Member("in", .string(place)),
                JSON.Member("required", .bool(isRequired)), JSON.Member("schema", schema),
            ] + (description.map { [JSON.Member("description", .string($0))] } ?? []))
    }

    private static func response(_ answer: AnswerDescription) -> JSON.Member {
        response("\(answer.status)", answer)
    }

    private static func response(_ status: String, _ answer: AnswerDescription) -> JSON.Member {
        JSON.Member(
            status,
            [
                "description": .string(answer.summary),
                "content": .object([JSON.Member(answer.mediaType, ["schema": answer.schema])]),
            ])
    }
}
