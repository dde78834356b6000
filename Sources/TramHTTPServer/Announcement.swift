internal import Platform
internal import Synchronization
internal import TramWorkbench

/// Tells on standard output where the services are, when all of them listen.
final class Announcement: Sendable {
    private let configuration: ServeConfiguration
    private let program: String
    private let ports = Mutex<[String: Int]>([:])
    private let allListen: @Sendable () -> Void

    /// - Parameters:
    ///   - program: the program whose commands a user is told.
    ///   - allListen: called once, when they all do, before it is told.
    init(
        _ configuration: ServeConfiguration, program: String,
        allListen: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.program = program
        self.allListen = allListen
    }

    /// A service listens on a port.
    func add(_ service: String, port: Int) {
        let all = ports.withLock { ports in
            ports[service] = port
            return ports
        }
        if all.count < configuration.ports.count { return }
        allListen()
        if configuration.isQuiet && !configuration.isJSON { return }
        let text = configuration.isJSON ? json(all).text + "\n" : text(all)
        try? writeAll(Array(text.utf8), to: 1, path: "standard output")
    }

    private func json(_ ports: [String: Int]) -> JSON {
        .object(
            configuration.ports.map { service in
                let port = ports[service.service] ?? 0
                return JSON.Member(
                    service.label, ["port": .integer(port), "url": .string(url(port))])
            } + [
                JSON.Member("relay", .string(configuration.relay.rawValue)),
                JSON.Member("processId", .integer(Int(getpid()))),
            ])
    }

    private func text(_ ports: [String: Int]) -> String {
        let width = configuration.ports.map(\.label.count).max() ?? 0
        let lines = configuration.ports.map { service in
            service.label + String(repeating: " ", count: width + 2 - service.label.count)
                + url(ports[service.service] ?? 0) + "\n"
        }
        return lines.joined()
            + (configuration.relay == .auto
                ? "The relay delivers messages as they come.\n"
                : "The relay waits: '\(program) relay run' or POST /relay/run makes a pass.\n")
    }

    private func url(_ port: Int) -> String {
        let address =
            NetworkAddress(configuration.address)?.isUnspecified == true
            ? "localhost" : configuration.address
        return "http://\(address.contains(":") ? "[\(address)]" : address):\(port)"
    }
}
