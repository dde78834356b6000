public import TramWorkbench

/// An HTTP response, independent of the HTTP library.
public struct Answer: Sendable {
    static let problemType = "application/problem+json"

    /// The status code.
    package let status: Int
    package let contentType: String
    /// Further header fields.
    package var headers: [(name: String, value: String)] = []
    package let body: Body

    package enum Body: Sendable {
        case text(String)
        /// A list that is too long to be held: its beginning, and what makes the rest of it.
        case pieces(first: String, rest: Continuation)
    }

    /// Makes the next piece of a body, as an answer of which only the body counts.
    package struct Continuation: Sendable {
        let next: AnyEndpoint.Work
    }

    /// An answer of JSON.
    public static func json(_ json: JSON, status: Int = 200) -> Answer {
        Answer(status: status, contentType: "application/json", body: .text(json.text))
    }

    /// JSON with a list in it, read page by page.
    ///
    /// - Parameters:
    ///   - opening: what stands before the first element, and `closing` what stands after the last.
    ///   - page: the elements after an id, as text, with their ids: `pageSize` of them, if there
    ///     are so many.
    public static func list<App: Application>(
        opening: String, closing: String, in application: App,
        page: @escaping @Sendable (App, _ after: Int) throws -> [(Int, String)]
    ) throws -> Answer {
        try pages(opening: opening, closing: closing, in: application, after: 0) {
            try page(typed($0), $1)
        }
    }

    /// The same for any application and any kind of place in a list.
    static func pages<Place: Sendable>(
        opening: String, closing: String, in application: any Application, after first: Place,
        page: @escaping @Sendable (any Application, _ after: Place) throws -> [(Place, String)]
    ) throws -> Answer {
        @Sendable func piece(
            _ application: any Application, _ before: String, after place: Place
        ) throws -> Answer {
            let elements = try page(application, place)
            let text = elements.map(\.1).joined(separator: ",")
            let body: Body
            if let last = elements.last, elements.count == pageSize {
                body = .pieces(
                    first: before + text,
                    rest: Continuation { try piece($0, ",", after: last.0) })
            } else {
                // After a full page there may be nothing, and then no comma.
                let isContinued = before == ","
                body = .text((elements.isEmpty && isContinued ? "" : before) + text + closing)
            }
            return Answer(status: 200, contentType: "application/json", body: body)
        }
        return try piece(application, opening, after: first)
    }

    /// An answer that says what is wrong (RFC 9457).
    ///
    /// - Parameter program: the program whose commands may help.
    init(
        _ problem: Problem, headers: [(name: String, value: String)] = [], program: String
    ) {
        let status = problem.code.httpStatus
        let json: JSON = [
            "type": .string("about:blank"),
            "title": .string(status.phrase),
            "status": .integer(status.code),
            "detail": .string(Self.shortened(problem.detail)),
            "code": .string(problem.code.rawValue),
            "field": .optional(problem.field),
            "value": .optional(problem.value.map(Self.shortened)),
            "help": .string(
                problem.help.text(for: CommandAddress(program: program, isHTTP: true))),
        ]
        self.init(
            status: status.code, contentType: Self.problemType,
            headers: headers
                + (status.code == 503 ? [(name: "Retry-After", value: "1")] : []),
            body: .text(json.text))
    }

    /// What a client has sent is not sent back at any length.
    private static func shortened(_ text: String) -> String {
        text.unicodeScalars.count <= 500
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(500))) + "…"
    }

    package init(
        status: Int, contentType: String, headers: [(name: String, value: String)] = [], body: Body
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}
