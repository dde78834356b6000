internal import Tram
internal import TramWorkbench

// Whether a request may be done, as far as its head tells.

extension Backend {
    /// How many bytes a request's body may have.
    package static let maximumBodySize = 64 << 10

    /// A request that may be done.
    package struct Admission: Sendable {
        let endpoint: AnyEndpoint
        let places: [String: String]
        let query: [String: String]
        let idempotencyKey: IdempotencyKey?

        /// The form of the path, for a log: without what stands in its places.
        package var path: String { endpoint.path.description }
        /// Whether the body is to be read.
        package var readsBody: Bool { endpoint.method == .post }
    }

    /// Decides by its head whether a request may be done.
    ///
    /// - Throws: what ``answer(to:)`` has an answer to.
    package func admit(_ head: RequestHead, to service: String) throws -> Admission {
        try guardian.check(head)
        let served = services.first { $0.name == service }
        let candidates = (served?.endpoints ?? []).compactMap { endpoint in
            endpoint.path.match(head.path).map { (endpoint: endpoint, places: $0) }
        }
        // A path that is there word by word is not taken for one with places.
        let fewest = candidates.map(\.places.count).min()
        let matches = candidates.filter { $0.places.count == fewest }
        guard !matches.isEmpty else {
            let other = services.first { service in
                service.endpoints.contains { $0.path.match(head.path) != nil }
            }
            throw Problem(
                code: .unknownPath, message: "there is nothing at '\(head.path)'",
                help: other.map { "ask the \($0.name) service, which is at another port" }
                    ?? "see what there is: GET /openapi.json")
        }
        guard let match = matches.first(where: { $0.endpoint.methods.contains(head.method) })
        else {
            let allowed = matches.flatMap(\.endpoint.methods).joined(separator: ", ")
            throw Refusal(
                Problem(
                    code: .methodNotAllowed,
                    message: "'\(head.path)' does not allow \(head.method)",
                    help: "use \(allowed)"), headers: [(name: "Allow", value: allowed)])
        }
        if match.endpoint.method == .post { try checkBody(head, of: match.endpoint) }
        let query = try head.query()
        for name in query.keys where !match.endpoint.query.contains(where: { $0.name == name }) {
            throw Problem(
                code: .query, message: "the query has the unknown parameter '\(name)'",
                reason: "Nothing was changed.", help: "see which there are: GET /openapi.json",
                field: name)
        }
        if match.endpoint.refusesIdempotencyKey { try IdempotencyKeyHeader.refuse(head) }
        return Admission(
            endpoint: match.endpoint, places: match.places, query: query,
            idempotencyKey: match.endpoint.takesIdempotencyKey
                ? try IdempotencyKeyHeader.read(head) : nil)
    }

    private func checkBody(_ head: RequestHead, of endpoint: AnyEndpoint) throws {
        // What is no number is refused before; one that is too long for an integer is too large.
        if let length = head.values("content-length").first,
            Int(length).map({ $0 > Self.maximumBodySize }) ?? true
        {
            throw Self.bodyTooLarge
        }
        if let coding = head.values("content-encoding").first(where: { $0 != "identity" }) {
            throw Problem(
                code: .mediaType, message: "the body is encoded as '\(coding)'",
                reason: "Nothing was changed.", help: "send it without Content-Encoding")
        }
        let types = head.values("content-type")
        // A browser sends no request of JSON to another site without asking first.
        if types.isEmpty && endpoint.body == nil { return }
        let type = types.first?.prefix { $0 != ";" }.lowercased()
            .split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
        guard types.count == 1, type == "application/json" else {
            throw Problem(
                code: .mediaType,
                message: types.isEmpty
                    ? "the body's type is not given" : "the body is of type '\(types[0])'",
                reason: "Nothing was changed.", help: "send Content-Type: application/json")
        }
    }

    /// A body has more than ``maximumBodySize`` bytes.
    package static var bodyTooLarge: any Error {
        Refusal(
            Problem(
                code: .bodyTooLarge, message: "the body has more than \(maximumBodySize) bytes",
                reason: "Nothing was changed.", help: "send a smaller one"),
            closesConnection: true)
    }
}
