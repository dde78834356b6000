internal import Tram
internal import TramWorkbench

/// The dead letters of all services over HTTP, as the command `deadletter` tells them.
enum DeadLetterEndpoints {
    static let all = [
        list, show, decideOne(.retry), decideOne(.discard), decideAll(.retry), decideAll(.discard),
    ]

    private static let place = ["message": JSONSchema.messageID]

    private static let subscriber = QueryParameter(
        name: "subscriber", summary: "Only what this subscriber has parked.",
        schema: JSONSchema.text)

    private static let unknownSubscriber = AnswerDescription.problem(
        404, "There is no such subscriber.")

    private static let list = AnyEndpoint(
        method: .get, path: "/deadletters", name: "getDeadLetters",
        summary: "What is parked, and what waits behind it: the first 1000.", worker: .reader,
        query: [subscriber],
        answers: [
            AnswerDescription(
                status: 200, summary: "By service, message and subscriber.",
                schema: JSONSchema.array(of: JSONSchema.reference("DeadLetter"))),
            unknownSubscriber,
        ]
    ) { call in
        let selection = DeadLetterSelection(subscriber: call.query["subscriber"])
        return { application in
            let letters = try whole(application) {
                try application.workbench.deadLetters(selection, limit: 1000, $0)
            }
            return .json(.array(letters.map(\.json)))
        }
    }

    private static let show = AnyEndpoint(
        method: .get, path: "/deadletters/{message}", name: "getDeadLetter",
        summary: "A parked message: headers, payload, and what went wrong.", worker: .reader,
        places: place, query: [subscriber],
        answers: [
            AnswerDescription(
                status: 200, summary: "The dead letter.",
                schema: JSONSchema.reference("WholeDeadLetter")),
            .problem(404, "There is no such subscriber."),
            .problem(409, "The message is not parked."),
        ]
    ) { call in
        let selection = try selection(call)
        return { application in
            let letters = try whole(application, selection) {
                try application.workbench.deadLetters(selection, $0)
            }
            guard let first = letters.first else {
                return try inTermsOfHTTP(application) {
                    guard let id = selection.message else { return .json(.null) }
                    throw DeadLetterError.notParked(id, subscriber: selection.subscriber)
                }
            }
            return .json(first.json(beside: Array(letters.dropFirst())))
        }
    }

    private static func decideOne(_ decision: DeadLetterDecision) -> AnyEndpoint {
        decide(
            decision, path: "/deadletters/{message}/\(decision.word)",
            name: "\(decision.word)DeadLetter",
            answers: [.problem(409, "The message is not parked.")]
        ) { try selection($0) }
    }

    private static func decideAll(_ decision: DeadLetterDecision) -> AnyEndpoint {
        decide(
            decision, path: "/deadletters/\(decision.word)", name: "\(decision.word)DeadLetters",
            answers: []
        ) { DeadLetterSelection(subscriber: $0.query["subscriber"]) }
    }

    private static func decide(
        _ decision: DeadLetterDecision, path: String, name: String, answers: [AnswerDescription],
        _ selection: @escaping @Sendable (Call) throws -> DeadLetterSelection
    ) -> AnyEndpoint {
        AnyEndpoint(
            method: .post, path: Path(stringLiteral: path), name: name,
            summary: decision.summary, worker: .relay, places: place, query: [subscriber],
            answers: [
                AnswerDescription(
                    status: 200, summary: "The deliveries that were retried or discarded.",
                    schema: JSONSchema.object([
                        decision.participle: JSONSchema.reference("DeadLetterDecision")
                    ])),
                unknownSubscriber,
            ] + answers
        ) { call in
            let selection = try selection(call)
            return { application in
                try inTermsOfHTTP(application) {
                    let letters = try whole(application, selection) {
                        try application.workbench.decide(decision, selection, $0)
                    }
                    return .json([decision.participle: .array(letters.map(\.jsonHeading))])
                }
            }
        }
    }

    /// Runs `body`, and refuses an answer without a service that it should have asked.
    private static func whole<Result>(
        _ application: any Application,
        _ selection: DeadLetterSelection = DeadLetterSelection(),
        _ body: (Availability) throws -> Result
    ) throws -> Result {
        let availability = application.stores.availability()
        let result = try body(availability)
        let away = application.stores.names.filter {
            selection.message == nil || selection.message?.service == $0
        }.compactMap { availability.reasons[$0] }
        if let reason = away.first { throw reason }
        return result
    }

    private static func selection(_ call: Call) throws -> DeadLetterSelection {
        // Some clients escape a colon in a path.
        let place = (call.places["message"] ?? "").replacing("%3A", with: ":")
            .replacing("%3a", with: ":")
        return DeadLetterSelection(
            message: try Input.messageID(place),
            subscriber: call.query["subscriber"])
    }

    private static func inTermsOfHTTP(
        _ application: any Application, _ body: () throws -> Answer
    ) throws -> Answer {
        do {
            return try body()
        } catch let error as DeadLetterError {
            var problem = Problem(error, of: type(of: application))
            problem.help = "see all that is: GET /deadletters"
            throw problem
        }
    }
}

extension DeadLetterDecision {
    fileprivate var word: String {
        switch self {
        case .retry: "retry"
        case .discard: "discard"
        }
    }

    fileprivate var participle: String {
        switch self {
        case .retry: "retried"
        case .discard: "discarded"
        }
    }

    fileprivate var summary: String {
        switch self {
        case .retry: "Let the next relay try parked deliveries again, in their order."
        case .discard: "Give up parked deliveries; what waits behind them goes on."
        }
    }
}
