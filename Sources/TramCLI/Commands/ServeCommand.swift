internal import ArgumentParser
internal import Platform
internal import Presentation

/// Checks what is asked for, and becomes `tram-serve`, the program that serves: so this one stays small
/// and starts fast.
struct ServeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the three services over HTTP.",
        discussion: """
            Makes the stores if there are none. The relay delivers messages as they come, those of \
            other tram commands too; with --relay manual, 'tram relay run' or POST /relay/run does \
            it step by step. What each service can be asked is at /openapi.json, its measurements \
            are at /metrics. SIGINT and SIGTERM end the server when the requests in hand are \
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
            "A file whose first line every request must bring as its bearer token.",
            valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Answer also to requests for this host; may be repeated.", valueName: "name"))
    var host: [String] = []

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) throws -> ExitStatus {
        guard let address = NetworkAddress(listen) else {
            throw Problem.invalid(
                .address, field: "listen", value: listen, "an address",
                help: "give an address of this machine, for example 127.0.0.1")
        }
        guard address.isLoopback || tokenFile != nil else {
            throw Problem(
                code: .usage, message: "--listen \(listen) needs --token-file",
                reason: "Others than you could use the server. It was not started.",
                help: "make a token: openssl rand -hex 32 > token", field: "listen", value: listen)
        }
        var configuration = ServeConfiguration(
            dataDirectory: session.path, lockTimeout: session.lockTimeout,
            ordersPort: try Input.port(ordersPort, field: "orders-port"),
            customersPort: try Input.port(customersPort, field: "customers-port"),
            historyPort: try Input.port(historyPort, field: "history-port"),
            address: listen, relay: relay)
        configuration.hostNames = try host.map { try Input.hostName($0, field: "host") }
        configuration.tokenFile = tokenFile
        configuration.isJSON = session.isJSON
        configuration.isQuiet = session.isQuiet
        try become(configuration)
    }

    private func become(_ configuration: ServeConfiguration) throws -> Never {
        let directory = Program.path()?.split(separator: "/").dropLast().joined(separator: "/")
        let server = "/\(directory ?? "")/tram-serve"
        do {
            try Program.become(server, [configuration.argument])
        } catch let error as SystemError {
            throw Problem(
                code: .noServer, message: "the server cannot be run: \(server): \(error.reason)",
                reason: "tram serve becomes tram-serve, which is beside tram.",
                help: "build or install both: make release")
        }
    }
}

extension ServeConfiguration.RelayMode: ExpressibleByArgument {}
