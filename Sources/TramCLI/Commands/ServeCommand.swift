internal import ArgumentParser
internal import Platform
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

/// Checks what is asked for, and becomes `tram-serve`, the program that serves: so this one stays small
/// and starts fast.
struct ServeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the three services over HTTP.",
        discussion: """
            Makes the stores if there are none. The relay delivers messages as they come, those of \
            other tram commands too; with --relay manual, 'tram relay run' or POST /relay/run does \
            it step by step. Each service describes itself at /openapi.json, and has metrics at \
            /metrics. SIGINT and SIGTERM end the server when the requests in hand are \
            answered, with exit code 0.

            Example:
              tram serve --relay manual
              curl http://localhost:8081/orders
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port of the Order Service; 0 for a free one.", valueName: "port"))
    var ordersPort = "8081"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port of the Customer Service.", valueName: "port"))
    var customersPort = "8082"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port of the Order History Service.", valueName: "port"))
    var historyPort = "8083"

    @Option(help: "Who delivers messages: auto (the server) or manual (whoever asks for it).")
    var relay = ServeConfiguration.RelayMode.auto

    @Option(
        help: ArgumentHelp(
            "The address to listen on; beyond this machine only with --token-file.",
            valueName: "address"))
    var listen = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            "A file whose first line is the bearer token that every request must carry.",
            valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Also answer requests for this host; may be repeated.", valueName: "name"))
    var host: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long a request may take, besides waiting for a lock.", valueName: "duration"))
    var requestTimeout = "30s"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long a connection may be without a request.", valueName: "duration"))
    var idleTimeout = "30s"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The most connections of a port; further ones wait.", valueName: "n"))
    var maxConnections = "256"

    @OptionGroup var parkingOptions: ParkingOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) throws -> ExitStatus {
        let listen = listen == "localhost" ? "127.0.0.1" : listen
        guard NetworkAddress(listen) != nil else {
            throw Problem.invalid(
                .address, field: "listen", value: listen, "an address",
                help: "give an address of this machine, for example 127.0.0.1")
        }
        var configuration = ServeConfiguration(
            dataDirectory: session.path, lockTimeout: session.lockTimeout,
            ordersPort: try Input.port(ordersPort, field: "orders-port"),
            customersPort: try Input.port(customersPort, field: "customers-port"),
            historyPort: try Input.port(historyPort, field: "history-port"),
            address: listen, relay: relay)
        configuration.hostNames = try host.map { try Input.hostName($0, field: "host") }
        configuration.tokenFile = tokenFile
        guard !configuration.isOpenToAll else {
            throw Problem(
                code: .usage, message: "--listen \(listen) needs --token-file",
                reason: "Others than you could use the server. It was not started.",
                help: "openssl rand -hex 32 > FILE; tram serve --listen \(listen) "
                    + "--token-file FILE", field: "listen", value: listen)
        }
        configuration.requestTimeout = try Input.duration(
            requestTimeout, field: "request-timeout")
        configuration.idleTimeout = try Input.duration(idleTimeout, field: "idle-timeout")
        configuration.maxConnections = try Input.count(maxConnections, field: "max-connections")
        configuration.maxAttempts = try parkingOptions.policy().maxAttempts
        configuration.onParked = parkingOptions.onParked
        try refuseEqualPorts(configuration)
        configuration.isJSON = session.isJSON
        configuration.isQuiet = session.isQuiet
        try become(configuration)
    }

    private func refuseEqualPorts(_ configuration: ServeConfiguration) throws {
        let ports = [
            configuration.ordersPort, configuration.customersPort, configuration.historyPort,
        ].filter { $0 != 0 }
        guard Set(ports).count < ports.count else { return }
        throw Problem(
            code: .usage, message: "two services cannot have one port",
            reason: "The server was not started.",
            help: "give --orders-port, --customers-port and --history-port different ones")
    }

    private func become(_ configuration: ServeConfiguration) throws -> Never {
        var server = "tram-serve"
        if let path = Program.path(), let slash = path.lastIndex(of: "/") {
            server = String(path[...slash]) + server
        }
        do {
            try Program.become(server, [configuration.argument])
        } catch let error as SystemError {
            throw Problem(
                code: .noServer, message: "the server cannot be run: \(server): \(error.reason)",
                reason: "'tram serve' runs tram-serve, which must be beside tram.",
                help: "build or install both: make release")
        }
    }
}

extension ServeConfiguration.RelayMode: ExpressibleByArgument {}
