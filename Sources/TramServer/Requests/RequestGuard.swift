internal import Platform
internal import Presentation

/// Keeps out requests that someone else's web page makes a browser send, and those without the token.
struct RequestGuard: Sendable {
    /// The names and addresses by which clients may call the server, in lower case.
    private let hostNames: Set<String>
    /// Whether any address may stand for the server, because it listens on all of them. Names may not:
    /// anyone can make a name lead here (DNS rebinding).
    private let listensEverywhere: Bool
    private let token: [UInt8]?

    init(address: String, hostNames: [String], token: String?) {
        let bracketed = address.contains(":") ? "[\(address)]" : address
        self.hostNames = Set(["localhost", "127.0.0.1", "[::1]", bracketed] + hostNames)
        listensEverywhere = ["0.0.0.0", "::"].contains(address)
        self.token = token.map { Array($0.utf8) }
    }

    /// - Throws: ``Refusal``.
    func check(_ head: RequestHead) throws {
        try checkHost(head)
        try checkToken(head)
        try checkOrigin(head)
    }

    private func checkHost(_ head: RequestHead) throws {
        guard head.hosts.count == 1 else {
            throw Refusal(
                Problem(
                    code: .usage, message: "the request names \(head.hosts.count) hosts, not one",
                    help: "send one Host header"), closesConnection: true)
        }
        let name = Self.name(ofAuthority: head.hosts[0].lowercased())
        if hostNames.contains(name) { return }
        let isAddress =
            NetworkAddress(name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name) != nil
        if listensEverywhere && isAddress { return }
        throw Refusal(
            Problem(
                code: .wrongHost, message: "the request is for the host '\(head.hosts[0])'",
                reason: "This server answers to its own names only.",
                help: "call it localhost, or allow the name: tram serve --host NAME"))
    }

    /// The host of `host:port`.
    private static func name(ofAuthority authority: String) -> String {
        if authority.hasPrefix("[") {
            return authority.firstIndex(of: "]").map { String(authority[...$0]) } ?? authority
        }
        return String(authority.prefix { $0 != ":" })
    }

    private func checkToken(_ head: RequestHead) throws {
        guard let token else { return }
        let values = head.values("authorization")
        let scheme = "bearer "
        if values.count == 1, values[0].lowercased().hasPrefix(scheme),
            isEqual(Array(values[0].utf8.dropFirst(scheme.utf8.count)), token)
        {
            return
        }
        throw Refusal(
            Problem(
                code: .unauthorized, message: "the request does not bring the server's token",
                help: "send the header Authorization: Bearer TOKEN"),
            headers: [(name: "WWW-Authenticate", value: "Bearer")])
    }

    /// Compares in a time that does not tell how much of it is right.
    private func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func checkOrigin(_ head: RequestHead) throws {
        for origin in head.values("origin")
        where origin.lowercased() != "http://" + head.hosts[0].lowercased() {
            throw Refusal(
                Problem(
                    code: .foreignOrigin, message: "the request comes from '\(origin)'",
                    reason: "A page of another site may not use this server.",
                    help: "call it from a page of its own, or from no page"))
        }
    }
}

/// A request is not admitted.
struct Refusal: Error {
    let answer: Answer

    init(
        _ problem: Problem, headers: [(name: String, value: String)] = [],
        closesConnection: Bool = false
    ) {
        answer = Answer(
            problem,
            headers: headers + (closesConnection ? [(name: "Connection", value: "close")] : []))
    }
}
