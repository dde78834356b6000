internal import Presentation

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

    /// The parameters of the query, as they were sent.
    ///
    /// - Throws: ``Problem`` when one is there twice.
    func query() throws -> [String: String] {
        let query = target.dropFirst(path.count).dropFirst()
        var parameters: [String: String] = [:]
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard parameters[name] == nil else {
                throw Problem(
                    code: .query, message: "'\(name)' is in the query twice",
                    reason: "Nothing was changed.", help: "give it once", field: name)
            }
            parameters[name] = pair.count == 2 ? String(pair[1]) : ""
        }
        return parameters
    }
}
