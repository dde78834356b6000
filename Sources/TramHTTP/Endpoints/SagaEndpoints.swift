internal import Tram
internal import TramWorkbench

/// The sagas over HTTP, and what an operator decides about them, as by the command `saga`. A saga is named by
/// `TYPE:ID` or, where users know it so, by the number of what it is about.
struct SagaEndpoints: Sendable {
    let application: any Application.Type

    var all: [AnyEndpoint] { [list, show] + SagaDecision.allCases.map(decide) }

    /// The name of the schema of a saga: `OrderSaga`, or only `Saga`.
    static func schemaName(noun: String?) -> String {
        (noun.map { $0.prefix(1).uppercased() + $0.dropFirst() } ?? "") + "Saga"
    }

    private var noun: String? { application.sagaWords.noun }
    private var schema: JSON { JSONSchema.reference(Self.schemaName(noun: noun)) }
    private var place: [String: JSON] { ["id": JSONSchema.sagaName(noun: noun)] }
    private var unknown: AnswerDescription {
        .problem(404, "There is no such \(noun.map { "\($0) or " } ?? "")saga.")
    }

    private var list: AnyEndpoint {
        AnyEndpoint(
            method: .get, path: "/sagas", name: "getSagas",
            summary: (noun.map { "The sagas of all \($0)s" } ?? "All sagas")
                + ", as `\(application.name) saga list --json` tells them.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: noun.map { "By \($0)." } ?? "By type and id.",
                    schema: JSONSchema.array(of: schema))
            ]
        ) { _ in
            { application in
                let traffic = try application.workbench.sagaTraffic(
                    application.stores.availability())
                return try .pages(
                    opening: "[", closing: "]", in: application, after: SagaCursor?.none
                ) { application, last in
                    try application.workbench.sagas(
                        after: last, traffic, application.stores.availability()
                    ).map { ($0.entry.cursor, $0.json.text) }
                }
            }
        }
    }

    private var show: AnyEndpoint {
        AnyEndpoint(
            method: .get, path: "/sagas/{id}", name: "getSaga",
            summary: "A saga's definition beside what happened, as "
                + "`\(application.name) saga show --json` tells it.",
            worker: .reader, places: place,
            answers: [
                AnswerDescription(
                    status: 200,
                    summary: "The saga, as far as the stores can be read; `damage` says what is "
                        + "wrong with one that is damaged or stranded.",
                    schema: schema),
                unknown,
            ]
        ) { call in
            let argument = try saga(of: call)
            return { application in
                try inTermsOfHTTP {
                    let workbench = application.workbench
                    let availability = application.stores.availability()
                    return .json(
                        try workbench.sagaStatus(of: workbench.saga(argument), availability).json)
                }
            }
        }
    }

    /// The saga that the path names. Many clients write a colon in a path as `%3A`.
    private func saga(of call: Call) throws -> SagaArgument {
        let text = ["%3A", "%3a"].reduce(call.places["id"] ?? "") { text, escape in
            text.split(separator: escape, omittingEmptySubsequences: false).joined(separator: ":")
        }
        return try Input.saga(text, of: application.sagaWords)
    }

    private static let reason = QueryParameter(
        name: "reason", summary: "Why; it is kept with the decision.", schema: JSONSchema.text)

    private static let step = QueryParameter(
        name: "step",
        summary: "Only if the saga stands at this step; with it the request is safe to repeat.",
        schema: JSONSchema.text)

    private static let state = QueryParameter(
        name: "state",
        summary:
            "Only if the saga is in this state: it tells a step's action from its compensation.",
        schema: ["enum": .strings(SagaPlace.states)])

    private func decide(_ decision: SagaDecision) -> AnyEndpoint {
        AnyEndpoint(
            method: .post, path: Path(stringLiteral: "/sagas/{id}/\(decision.rawValue)"),
            name: "\(decision.rawValue)Saga", summary: decision.summary, worker: .relay,
            places: place,
            query: decision == .skip ? [Self.reason, Self.step, Self.state] : [Self.reason],
            refusesIdempotencyKey: true,
            answers: [
                AnswerDescription(
                    status: 200, summary: "What was done, and which messages were sent.",
                    schema: JSONSchema.reference("DecidedSaga")),
                unknown,
                .problem(409, "The saga does not allow it where it stands."),
            ]
        ) { call in
            let argument = try saga(of: call)
            let reason = try Input.reason(call.query["reason"] ?? "")
            let place =
                decision == .skip
                ? SagaPlace(
                    step: call.query["step"], state: try call.query["state"].map(Input.sagaState))
                : SagaPlace()
            return { application in
                try inTermsOfHTTP {
                    let workbench = application.workbench
                    try workbench.requireFittingStores()
                    let saga = try workbench.saga(argument)
                    let outlook = try workbench.outlook(
                        of: saga, for: decision, at: place, application.stores.availability())
                    // A decision in the shell is asked about; here the word itself says it.
                    if decision == .retry, let outlook, outlook.onItsWay == nil,
                        !outlook.handledBy.isEmpty
                    {
                        throw handledAlready(workbench.name(of: saga), outlook)
                    }
                    do {
                        let decided = try workbench.decide(
                            decision, saga, outlook, because: reason)
                        return .json(decided.json)
                    } catch {
                        throw Problem.ofOnlyTransaction(error, of: type(of: application))
                    }
                }
            }
        }
    }

    private func handledAlready(_ saga: SagaName, _ outlook: SagaOutlook) -> Problem {
        let command = outlook.request?.description ?? "its command"
        return Problem(
            code: .notPossible,
            message: "\(command) was handled by \(outlook.handledBy.joined(separator: " and "))",
            reason: "Sent again, it is handled again. Nothing was changed.",
            help: "to send it all the same: POST /sagas/\(saga.argument)/resend",
            field: "id", value: saga.argument)
    }

    private func inTermsOfHTTP(_ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as SagaDecisionError {
            var problem = Problem(error, of: application)
            let id = error.saga.argument
            let others = error.alternatives { "POST /sagas/\(id)/\($0.rawValue)" }
            problem.help =
                switch error.reason {
                case .stranded:
                    "use a program that knows it, or give it up: POST /sagas/\(id)/abandon"
                default:
                    others.map { "decide otherwise: \($0)" } ?? "see the saga: GET /sagas/\(id)"
                }
            throw problem
        } catch {
            var problem = Problem(error, of: application)
            guard problem.code.httpStatus == .notFound else { throw error }
            problem.help = "see all sagas: GET /sagas"
            throw problem
        }
    }
}

extension SagaDecision {
    fileprivate var summary: String {
        switch self {
        case .retry: "Retry a saga that has failed or is stuck, from where it stands."
        case .resend: "Send the outstanding command of a stuck saga again."
        case .skip: "Count the step that a saga stands at as done."
        case .rollback: "Undo what a saga has done so far."
        case .abandon: "End a saga as failed for good, and free its locks."
        }
    }
}
