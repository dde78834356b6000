#if Server
    internal import CustomersAndOrders
    internal import Hummingbird
    internal import HummingbirdCore
    internal import Logging
    internal import NIOCore
    internal import Platform
    internal import Presentation
    internal import ServiceLifecycle
    internal import TramServer
    internal import UnixSignals

    /// Three HTTP servers on one backend, from start to an orderly end.
    struct Server {
        /// How many connections a port has at once at the most; more wait in the system's queue.
        private static let maximumConnections = 256
        /// How many files the stores and the rest of the process have open at the most.
        private static let ownFiles = 200

        private let configuration: ServeConfiguration
        private let backend: Backend
        private let logger: Logger
        private let log: LogWriter
        private let connections: Int

        /// Makes and opens the stores.
        init(_ configuration: ServeConfiguration) throws {
            let level: Logger.Level = configuration.isQuiet ? .warning : .info
            let log = try LogWriter()
            let logger = Logger(label: "tram-serve") { _ in
                JSONLogHandler(level: level, writer: log)
            }
            self.log = log
            // With no file left, no connection could be accepted.
            let files = OpenFiles.raiseLimit()
            connections = max(1, min(Self.maximumConnections, (files - Self.ownFiles) / 3))
            self.configuration = configuration
            self.logger = logger
            backend = try Backend(configuration) { event in logger.log(event) }
        }

        /// Serves until SIGINT or SIGTERM comes, and ends between two transactions.
        func run() async throws {
            let ports = [
                (ServiceName.order, configuration.ordersPort),
                (ServiceName.customer, configuration.customersPort),
                (ServiceName.history, configuration.historyPort),
            ]
            let announcement = Announcement(configuration, services: ports.map(\.0))
            let services = ports.map { service, port in
                ListeningService(service: service, port: port) {
                    application(service, port, announcement)
                }
            }
            // They are ended in the opposite order: the backend last.
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [BackendService(backend: backend)] + services,
                    gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
            defer { log.close() }
            try await group.run()
            logger.info("ended")
        }

        private func application(
            _ service: String, _ port: Int, _ announcement: Announcement
        ) -> some ServiceLifecycle.Service {
            Application(
                responder: Responder(backend: backend, service: service, logger: logger),
                server: .http1(
                    configuration: HTTP1Channel.Configuration(
                        additionalChannelHandlers: [
                            ConnectionLimits(lockTimeout: configuration.lockTimeout)
                        ],
                        idleTimeout: ConnectionLimits.idleTimeout,
                        httpDecoderConfiguration: ConnectionLimits.decoder)),
                configuration: ApplicationConfiguration(
                    address: .hostname(configuration.address, port: port), serverName: "tram",
                    availableConnectionsDelegate: MaximumAvailableConnections(
                        connections, logger: quietLogger)),
                onServerRunning: { channel in
                    announcement.add(service, port: channel.localAddress?.port ?? port)
                }, logger: quietLogger)
        }

        /// For the libraries: only what an operator must see.
        private var quietLogger: Logger {
            var logger = logger
            logger.logLevel = .error
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
    private struct ListeningService<Application: ServiceLifecycle.Service>:
        ServiceLifecycle.Service
    {
        let service: String
        let port: Int
        let application: @Sendable () -> Application

        func run() async throws {
            do {
                try await application().run()
            } catch let error as IOError {
                switch error.errnoCode {
                case EADDRINUSE:
                    throw Problem(
                        code: .portInUse, message: "port \(port) is in use (\(service))",
                        reason: "The server was not started.",
                        help: "choose another port, or 0 for a free one", field: "port",
                        value: "\(port)")
                case EACCES, EADDRNOTAVAIL:
                    throw Problem(
                        code: .address,
                        message: "port \(port) cannot be listened on: "
                            + SystemError("bind", "", code: error.errnoCode).reason,
                        reason: "The server was not started.",
                        help: "choose another port or address", field: "port", value: "\(port)")
                default: throw error
                }
            }
        }
    }
#endif
