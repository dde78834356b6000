public import ArgumentParser
internal import Platform
internal import Tram
public import TramWorkbench

/// Checks what is asked for, and has the application served.
public struct ServeCommand<App: ServableApplication>: SessionCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve", abstract: "Serve \(App.Ports.served) over HTTP.",
            discussion: """
                Makes the stores if there are none. The relay delivers messages as they come, those of \
                other \(App.name) commands too; with --relay manual, '\(App.name) relay run' or \
                POST /relay/run does it step by step. Each service describes itself at \
                /openapi.json, and has metrics at /metrics. SIGINT and SIGTERM end the server when \
                the requests in hand are answered, with exit code 0.

                Example:
                  \(App.name) serve --relay manual
                  curl \(App.Ports.exampleURL)
                """)
    }

    @OptionGroup var ports: App.Ports

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
    @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

    public init() {}

    public func run(in session: Session<App>) throws -> ExitStatus {
        try App.serve(try configuration(in: session))
        return .done
    }

    private func configuration(in session: Session<App>) throws -> ServeConfiguration {
        let listen = listen == "localhost" ? "127.0.0.1" : listen
        guard NetworkAddress(listen) != nil else {
            throw Problem.invalid(
                .address, field: "listen", value: listen, "an address",
                help: "give an address of this machine, for example 127.0.0.1")
        }
        var configuration = ServeConfiguration(
            of: App.self, dataDirectory: session.path, lockTimeout: session.lockTimeout,
            ports: try ports.ports(), address: listen, relay: relay)
        configuration.hostNames = try host.map { try Input.hostName($0, field: "host") }
        configuration.tokenFile = tokenFile
        guard !configuration.isOpenToAll else {
            throw Problem(
                code: .usage, message: "--listen \(listen) needs --token-file",
                reason: "Others than you could use the server. It was not started.",
                help: "openssl rand -hex 32 > FILE; \(App.name) serve --listen \(listen) "
                    + "--token-file FILE", field: "listen", value: listen)
        }
        configuration.requestTimeout = try Input.duration(
            requestTimeout, field: "request-timeout")
        configuration.idleTimeout = try Input.duration(idleTimeout, field: "idle-timeout")
        configuration.maxConnections = try Input.count(maxConnections, field: "max-connections")
        configuration.maxAttempts = try parkingOptions.policy().maxAttempts
        configuration.onParked = parkingOptions.onParked
        try refuseEqualPorts(configuration.ports)
        configuration.isJSON = session.isJSON
        configuration.isQuiet = session.isQuiet
        return configuration
    }

    private func refuseEqualPorts(_ ports: [ServicePort]) throws {
        let chosen = ports.map(\.port).filter { $0 != 0 }
        guard Set(chosen).count < chosen.count else { return }
        let options = ports.map { "--\($0.option)" }
        throw Problem(
            code: .usage, message: "two services cannot have one port",
            reason: "The server was not started.",
            help: "give \(options.dropLast().joined(separator: ", ")) and \(options.last ?? "") "
                + "different ones")
    }
}

extension ServeConfiguration.RelayMode: ExpressibleByArgument {}
