internal import CustomersAndOrders
internal import Presentation
internal import Tram
internal import TramWorkbench

/// One thing that a service can be asked for over HTTP: how it is asked, what it answers, and how it
/// is done. The OpenAPI document is made of the same values, so that it tells what is the case.
struct Endpoint: Sendable {
    let method: Method
    let path: Path
    /// A unique name for tools, the `operationId`.
    let name: String
    /// What it does, in one sentence.
    let summary: String
    let worker: Worker
    var query: [QueryParameter] = []
    /// Whether a client may give the request an ``IdempotencyKeyHeader``, and repeat it.
    var takesIdempotencyKey = false
    /// Whether a request with such a header is refused: it is not safe to repeat, although a client
    /// that sends one takes it to be.
    var refusesIdempotencyKey = false
    /// What the body must be, or nil when there is to be none.
    var body: BodyDescription?
    let answers: [AnswerDescription]
    /// Reads the request, before any store is touched, and gives what is to be done.
    let prepare: @Sendable (Call) throws -> Work

    /// What is done on the stores, in one transaction, and answered.
    typealias Work = @Sendable (CustomersAndOrders) throws -> Answer

    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    /// Who does the work: see ``Workers``.
    enum Worker: Sendable {
        case reader
        case customerWriter
        case orderWriter
        case relay
    }

    /// The methods with which this can be asked.
    var methods: [String] { method == .get ? ["GET", "HEAD"] : ["POST"] }
}

/// A request to an endpoint, admitted and taken apart.
struct Call: Sendable {
    /// What stands in the places of the path, as it was sent.
    let places: [String: String]
    /// The parameters of the query, as they were sent.
    let query: [String: String]
    let body: [UInt8]
    /// The request's idempotency key, where the endpoint takes one.
    let idempotencyKey: IdempotencyKey?

    /// The id that stands in a place of the path.
    ///
    /// - Throws: ``Problem`` when it is no positive whole number.
    func id(_ place: String = "id") throws -> Int {
        try Input.id(places[place] ?? "", field: place)
    }
}

/// A path with places: `/orders/{id}/cancel`.
struct Path: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let description: String
    private let segments: [Substring]

    init(stringLiteral template: String) {
        description = template
        segments = template.split(separator: "/")
    }

    /// The names of the places.
    var places: [String] {
        segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// What stands in the places of a path of this form; nil when it is not of this form. Nothing is
    /// decoded: what needs an escape is in no path of ours.
    func match(_ path: Substring) -> [String: String]? {
        let actual = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.hasPrefix("/"), actual.count == segments.count else { return nil }
        var found: [String: String] = [:]
        for (segment, text) in zip(segments, actual) {
            if segment.hasPrefix("{"), !text.isEmpty {
                found[String(segment.dropFirst().dropLast())] = String(text)
            } else if segment != text {
                return nil
            }
        }
        return found
    }
}

/// A parameter of the query, for the OpenAPI document.
struct QueryParameter: Sendable {
    let name: String
    let summary: String
    let schema: JSON
}

/// The body of a request, for the OpenAPI document.
struct BodyDescription: Sendable {
    let schema: JSON
    let example: JSON
}

/// An answer, for the OpenAPI document.
struct AnswerDescription: Sendable {
    let status: Int
    let summary: String
    var mediaType = "application/json"
    let schema: JSON

    /// An answer that says what is wrong.
    static func problem(_ status: Int, _ summary: String) -> AnswerDescription {
        AnswerDescription(
            status: status, summary: summary, mediaType: Answer.problemType,
            schema: JSONSchema.reference("Problem"))
    }
}
