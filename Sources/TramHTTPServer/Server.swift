#if Server
    internal import Hummingbird
    internal import HummingbirdCore
    internal import Logging
    internal import NIOCore
    internal import Platform
    internal import ServiceLifecycle
    internal import TramHTTP
    internal import UnixSignals
    internal import TramWorkbench

    /// An application's HTTP services on one backend, from start to an orderly end.
    struct Server {
        /// The application's name.
        private let name: String
        private let configuration: ServeConfiguration
        private let backend: Backend
        private let logger: Logger
        private let log: LogWriter
        private let connections: Int

        /// Makes and opens the stores.
        init<App: HTTPApplication>(
            _ application: App.Type, _ configuration: ServeConfiguration
        ) throws {
            let level: Logger.Level = configuration.isQuiet ? .warning : .info
            let log = try LogWriter()
            let logger = Logger(label: App.name) { _ in
                JSONLogHandler(level: level, writer: log)
            }
            // With no file left, no connection could be accepted.
            let files = OpenFiles.raiseLimit()
            let ownFiles = Backend.openFiles(of: App.self)
            guard files > ownFiles else {
                throw Problem(
                    code: .inputOutput, message: "this process may open only \(files) files",
                    reason: "The server was not started.",
                    help: "allow it more: ulimit -n 1024")
            }
            connections = max(
                1,
                min(configuration.maxConnections, (files - ownFiles) / configuration.ports.count))
            name = App.name
            self.log = log
            self.configuration = configuration
            self.logger = logger
            backend = try Backend(App.self, configuration) { event in logger.log(event) }
        }

        /// Serves until SIGINT or SIGTERM comes, and ends between two transactions.
        func run() async throws {
            defer { log.close() }
            let announcement = Announcement(
                configuration, program: name, allListen: startRelay)
            let services = configuration.ports.map { service in
                ListeningService(
                    option: service.option, address: configuration.address, port: service.port,
                    application: application(service, announcement))
            }
            // They are ended in the opposite order: the backend last. One that cannot listen ends the
            // others orderly.
            let all: [any ServiceLifecycle.Service] = [BackendService(backend: backend)] + services
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: all.map {
                        ServiceGroupConfiguration.ServiceConfiguration(
                            service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                    }, gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
            try await group.run()
            logger.info("ended")
        }

        /// Not before all services listen: a server that cannot start delivers no message.
        @Sendable private func startRelay() {
            do {
                try backend.startRelay()
            } catch {
                logger.log(.relayFailed("\(error)"))
            }
        }

        private func application(
            _ service: ServicePort, _ announcement: Announcement
        ) -> Hummingbird.Application<Responder> {
            Hummingbird.Application(
                responder: Responder(backend: backend, service: service.service, logger: logger),
                server: .http1(
                    configuration: HTTP1Channel.Configuration(
                        additionalChannelHandlers: [
                            ConnectionLimits(
                                requestTimeout: configuration.lockTimeout
                                    + configuration.requestTimeout)
                        ],
                        idleTimeout: .milliseconds(Int64(configuration.idleTimeout)),
                        httpDecoderConfiguration: ConnectionLimits.decoder)),
                configuration: ApplicationConfiguration(
                    address: .hostname(configuration.address, port: service.port),
                    serverName: name,
                    availableConnectionsDelegate: MaximumAvailableConnections(
                        connections, logger: quietLogger)),
                onServerRunning: { channel in
                    // Accepted one by one: the limit is only looked at between two reads.
                    try? await channel.setOption(.maxMessagesPerRead, value: 1).get()
                    announcement.add(
                        service.service, port: channel.localAddress?.port ?? service.port)
                }, logger: quietLogger)
        }

        /// For the libraries: only what an operator must see.
        private var quietLogger: Logger {
            var logger = logger
            logger.logLevel = .critical
            return logger
        }
    }

    /// The backend's place in the order of ending.
    private struct BackendService: ServiceLifecycle.Service {
        let backend: Backend

        func run() async throws {
            try? await gracefulShutdown()
            backend.stop()
        }
    }

    /// A server on a port, whose failure to listen is told as a problem of the user's.
    private struct ListeningService: ServiceLifecycle.Service {
        /// The name of the port's option.
        let option: String
        let address: String
        let port: Int
        let application: Hummingbird.Application<Responder>

        func run() async throws {
            do {
                try await application.run()
            } catch let error as IOError {
                throw problem(error) ?? error
            }
        }

        private func problem(_ error: IOError) -> (any Error)? {
            let reason = SystemError("bind", "", code: error.errnoCode).reason
            switch error.errnoCode {
            case EADDRINUSE:
                return Problem(
                    code: .portInUse, message: "port \(port) is in use (\(option))",
                    reason: "The server was not started.",
                    help: "choose another one, or a free one: --\(option) 0", field: option,
                    value: "\(port)")
            case EACCES:
                return Problem(
                    code: .port, message: "port \(port) cannot be used (\(option)): \(reason)",
                    reason: "The server was not started.",
                    help: "choose one above 1023: --\(option) PORT", field: option,
                    value: "\(port)")
            case EADDRNOTAVAIL:
                return Problem(
                    code: .address, message: "'\(address)' cannot be listened on: \(reason)",
                    reason: "The server was not started.",
                    help: "give an address of this machine", field: "listen", value: address)
            default: return nil
            }
        }
    }
#endif
