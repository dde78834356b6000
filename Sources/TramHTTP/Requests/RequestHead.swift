internal import TramWorkbench

/// A request without its body, as far as it matters here.
package struct RequestHead: Sendable {
    package let method: String
    /// The path and the query, as they were sent.
    package let target: String
    /// The values of the Host field: there must be one.
    package let hosts: [String]
    private let fields: [(name: String, value: String)]

    /// - Parameter fields: the header fields but for Host.
    package init(
        method: String, target: String, hosts: [String], fields: [(name: String, value: String)]
    ) {
        self.method = method
        self.target = target
        self.hosts = hosts
        self.fields = fields
    }

    /// The values of a field; its name in lower case.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    var path: Substring { target.prefix { $0 != "?" } }

    /// The parameters of the query, percent-decoded.
    ///
    /// - Throws: ``Problem`` when one is there twice, or cannot be decoded.
    func query() throws -> [String: String] {
        let query = target.dropFirst(path.count).dropFirst()
        var parameters: [String: String] = [:]
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try decoded(pair[0])
            guard parameters[name] == nil else {
                throw Problem(
                    code: .query, message: "'\(name)' appears twice in the query",
                    reason: "Nothing was changed.", help: "give it once", field: name)
            }
            parameters[name] = pair.count == 2 ? try decoded(pair[1]) : ""
        }
        return parameters
    }

    /// - Throws: ``Problem`` when it cannot be decoded.
    private func decoded(_ text: Substring) throws -> String {
        guard let decoded = text.percentDecoded else { throw undecodable(text) }
        return decoded
    }

    private func undecodable(_ text: Substring) -> Problem {
        Problem(
            code: .query, message: "'\(text)' in the query cannot be decoded",
            reason: "Nothing was changed.", help: "write %25 for a percent sign",
            value: String(text))
    }
}
