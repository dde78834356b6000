import Platform
import TestSupport
import TramWorkbench

@testable import DepotProbe
@testable import TramHTTP

/// The second application as it is served, without the network.
final class ServedDepot: Sendable {
    let directory: TemporaryDirectory
    let backend: Backend

    var data: String { directory.file("data") }

    init(token: String? = nil, lockTimeout: Int = 5000) throws {
        directory = try TemporaryDirectory()
        var configuration = ServeConfiguration(
            of: Depot.self, dataDirectory: directory.file("data"), lockTimeout: lockTimeout,
            ports: [try ServicePort("depot", option: "port", "0")], address: "127.0.0.1",
            relay: .manual)
        if let token {
            try Files.write(token + "\n", durablyTo: directory.file("token"))
            configuration.tokenFile = directory.file("token")
        }
        backend = try Backend(Depot.self, configuration) { _ in }
    }

    deinit {
        backend.stop()
    }

    /// Asks the backend as the network does.
    func ask(
        _ method: String, _ target: String, body: String? = nil, host: String = "localhost",
        _ fields: [(name: String, value: String)] = []
    ) async -> (status: Int, text: String) {
        var fields = fields
        if body != nil { fields.append(("Content-Type", "application/json")) }
        let answer: Answer
        do {
            let admission = try backend.admit(
                RequestHead(method: method, target: target, hosts: [host], fields: fields),
                to: "depot")
            answer = try await backend.perform(admission, body: Array((body ?? "").utf8))
        } catch {
            answer = backend.answer(to: error)
        }
        guard case .text(let text) = answer.body else { return (answer.status, "") }
        return (answer.status, text)
    }

    func take(_ content: String) async -> (status: Int, text: String) {
        await ask("POST", "/shelves/1/parcels", body: #"{"content":"\#(content)"}"#)
    }
}
