public import TramWorkbench

/// One thing that an application can be asked for over HTTP: how it is asked, what it answers, and how it is
/// done. The OpenAPI document is made of the same values, so that it tells what is the case.
///
/// ```swift
/// Endpoint<Trips>(
///     method: .get, path: "/trips/{id}", name: "getTrip", summary: "A trip.", worker: .reader,
///     answers: [
///         AnswerDescription(
///             status: 200, summary: "The trip.", schema: JSONSchema.reference("Trip")),
///         .problem(404, "There is no such trip."),
///     ]
/// ) { call in
///     let id = try call.id()
///     return { trips in .json(try trips.trip(id).json) }
/// }
/// ```
public struct Endpoint<App: HTTPApplication>: Sendable {
    /// The same without its type.
    let erased: AnyEndpoint

    /// Describes an endpoint, and says how it is done.
    ///
    /// - Parameters:
    ///   - name: a unique name for tools, the `operationId`.
    ///   - summary: what it does, in one sentence.
    ///   - worker: who does the work.
    ///   - places: the JSON Schemas of what stands in the places of the path; an id where none is given.
    ///   - takesIdempotencyKey: whether a client may name its request by an `Idempotency-Key`, and repeat
    ///     it. Whoever does the work keeps the key: see `Call.idempotencyKey`.
    ///   - refusesIdempotencyKey: whether a request with such a header is refused: it is not safe to
    ///     repeat, although a client that sends one takes it to be.
    ///   - body: what the body must be, or nil when there is to be none.
    ///   - answers: what it may answer, besides what every endpoint does.
    ///   - prepare: reads the request, before any store is touched, and gives what is to be done on the
    ///     stores, in one transaction, and answered. What is given may be done more than once.
    public init(
        method: HTTPMethod, path: Path, name: String, summary: String, worker: Worker,
        places: [String: JSON] = [:], query: [QueryParameter] = [],
        takesIdempotencyKey: Bool = false,
        refusesIdempotencyKey: Bool = false, body: BodyDescription? = nil,
        answers: [AnswerDescription],
        prepare: @escaping @Sendable (Call) throws -> @Sendable (App) throws -> Answer
    ) {
        erased = AnyEndpoint(
            method: method, path: path, name: name, summary: summary, worker: worker,
            places: places, query: query,
            takesIdempotencyKey: takesIdempotencyKey,
            refusesIdempotencyKey: refusesIdempotencyKey, body: body, answers: answers
        ) { call in
            let work = try prepare(call)
            return { try work(typed($0)) }
        }
    }
}

/// An endpoint without the type of its application: what a server holds, and what the workbench's own
/// endpoints are.
struct AnyEndpoint: Sendable {
    let method: HTTPMethod
    let path: Path
    let name: String
    let summary: String
    let worker: Worker
    /// The forms of what stands in the places of the path; an id where none is given.
    var places: [String: JSON] = [:]
    var query: [QueryParameter] = []
    var takesIdempotencyKey = false
    var refusesIdempotencyKey = false
    var body: BodyDescription?
    let answers: [AnswerDescription]
    let prepare: @Sendable (Call) throws -> Work

    /// What is done on the stores, and answered.
    typealias Work = @Sendable (any Application) throws -> Answer

    /// The methods with which this can be asked.
    var methods: [String] { method == .get ? ["GET", "HEAD"] : ["POST"] }
}

/// How an endpoint is asked.
public enum HTTPMethod: String, Sendable {
    /// Changes nothing.
    case get = "GET"
    /// May change something.
    case post = "POST"
}

/// Who does the work of a request: see `Workers`.
public enum Worker: Hashable, Sendable {
    /// One of several threads that only read.
    case reader
    /// The thread that writes the store of this name. The requests that come while it is at work share a
    /// commit.
    case writer(String)
    /// The thread for what excludes the relay.
    case relay
}

/// The application that a server has built, as the type that its endpoints were written for.
func typed<App: Application>(_ application: any Application) -> App {
    guard let application = application as? App else {
        preconditionFailure("an endpoint of another application than \(App.name)")
    }
    return application
}
