internal import Platform
internal import TramWorkbench

/// Keeps out requests that someone else's web page makes a browser send, and those without the token.
struct RequestGuard: Sendable {
    /// The names and addresses by which clients may call the server, in lower case.
    private let hostNames: Set<String>
    private let address: NetworkAddress?
    private let token: [UInt8]?

    init(address: String, hostNames: [String], token: String?) {
        self.hostNames = Set(["localhost"] + hostNames)
        self.address = NetworkAddress(address)
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
        if let name = Self.name(ofAuthority: head.hosts[0].lowercased()), isOurs(name) { return }
        throw Refusal(
            Problem(
                code: .wrongHost, message: "the request is for the host '\(head.hosts[0])'",
                reason: "The server only answers requests for its own names.",
                help: "call it localhost, or allow the name: \(command: "serve --host NAME")"))
    }

    /// Whether a host is this server. A server that listens everywhere answers to any address, but
    /// not to any name: anyone can make a name lead here (DNS rebinding).
    private func isOurs(_ host: Substring) -> Bool {
        if hostNames.contains(String(host)) { return true }
        guard let called = NetworkAddress(String(host)), let address else { return false }
        return called.isLoopback || called == address || address.isUnspecified
    }

    /// The host of `host:port` or `[host]:port`; nil when it is not of that form.
    private static func name(ofAuthority authority: String) -> Substring? {
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            rest = authority[end...].dropFirst()
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority.dropFirst(host.count)
        }
        let port = rest.dropFirst()
        let isPort = rest.hasPrefix(":") && port.allSatisfy { $0.isASCII && $0.isNumber }
        return rest.isEmpty || isPort ? host : nil
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

    /// Constant-time comparison.
    private func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func checkOrigin(_ head: RequestHead) throws {
        let host = head.hosts[0].lowercased()
        // A proxy before the server may speak TLS.
        for origin in head.values("origin")
        where !["http://" + host, "https://" + host].contains(origin.lowercased()) {
            throw Refusal(
                Problem(
                    code: .foreignOrigin, message: "the request comes from '\(origin)'",
                    reason: "A page of another site may not use this server.",
                    help: "call it from a program; pages of other sites or ports are refused"))
        }
    }
}
