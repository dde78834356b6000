internal import CustomersAndOrders
internal import Platform
internal import Presentation
internal import Synchronization
internal import TramWorkbench

/// Tells on standard output where the services are, when all of them listen.
final class Announcement: Sendable {
    private let configuration: ServeConfiguration
    private let services: [String]
    private let ports = Mutex<[String: Int]>([:])
    private let allListen: @Sendable () -> Void

    /// - Parameter allListen: called once, when they all do, before it is told.
    init(
        _ configuration: ServeConfiguration, services: [String],
        allListen: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.services = services
        self.allListen = allListen
    }

    /// A service listens on a port.
    func add(_ service: String, port: Int) {
        let all = ports.withLock { ports in
            ports[service] = port
            return ports
        }
        if all.count < services.count { return }
        allListen()
        if configuration.isQuiet && !configuration.isJSON { return }
        let text = configuration.isJSON ? json(all).text + "\n" : text(all)
        try? writeAll(Array(text.utf8), to: 1, path: "standard output")
    }

    private func json(_ ports: [String: Int]) -> JSON {
        .object(
            services.map { service in
                JSON.Member(
                    Self.name(of: service),
                    [
                        "port": .integer(ports[service] ?? 0),
                        "url": .string(url(ports[service] ?? 0)),
                    ])
            } + [
                JSON.Member("relay", .string(configuration.relay.rawValue)),
                JSON.Member("processId", .integer(Int(getpid()))),
            ])
    }

    private func text(_ ports: [String: Int]) -> String {
        let lines = services.map { service in
            let name = Self.name(of: service)
            return name + String(repeating: " ", count: 11 - name.count)
                + url(ports[service] ?? 0) + "\n"
        }
        return lines.joined()
            + (configuration.relay == .auto
                ? "The relay delivers messages as they come.\n"
                : "The relay waits: 'tram relay run' or POST /relay/run makes a pass.\n")
    }

    private func url(_ port: Int) -> String {
        let address =
            NetworkAddress(configuration.address)?.isUnspecified == true
            ? "localhost" : configuration.address
        return "http://\(address.contains(":") ? "[\(address)]" : address):\(port)"
    }

    /// The name of a service's option: `--orders-port`.
    static func name(of service: String) -> String {
        service == ServiceName.history ? service : service + "s"
    }
}
