#if Server
    internal import Logging
    internal import Platform
    internal import Tram
    internal import TramHTTP
    internal import TramWorkbench

    /// Writes each event of the log as one line of JSON to standard error.
    struct JSONLogHandler: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level
        var metadataProvider: Logger.MetadataProvider?

        private let writer: LogWriter

        init(level: Logger.Level, writer: LogWriter) {
            logLevel = level
            self.writer = writer
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let time = Timestamp(milliseconds: SystemClock.now()).rfc3339
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let json = JSON.object(
                [
                    JSON.Member("time", .string(time)),
                    JSON.Member("level", .string(event.level.rawValue)),
                    JSON.Member("event", .string("\(event.message)")),
                ]
                    + all.sorted { $0.key < $1.key }.map {
                        JSON.Member($0.key, Self.json($0.value))
                    })
            writer.write(json.text + "\n")
        }

        private static func json(_ value: Logger.Metadata.Value) -> JSON {
            if case .stringConvertible(let number as any BinaryInteger) = value {
                return .number("\(number)")
            }
            return .string("\(value)")
        }
    }

    extension Logger {
        /// Tells of an event of the server.
        func log(_ event: ServerEvent) {
            switch event {
            case .deliveryFailed(let delivery):
                warning(
                    delivery.receipt.outcome == .parked ? "delivery parked" : "delivery failed",
                    metadata: [
                        "message": .string(delivery.message.id.description),
                        "type": .string(delivery.message.type),
                        "subscriber": .string(delivery.subscriber ?? "nobody"),
                    ])
            case .noticeFailed(let reason):
                warning(
                    "nobody was told of a parked message", metadata: ["reason": .string(reason)])
            case .serviceUnavailable(let service, let reason):
                warning(
                    "a service is unavailable",
                    metadata: ["service": .string(service), "reason": .string(reason)])
            case .relayFailed(let reason):
                error("the relay cannot deliver", metadata: ["reason": .string(reason)])
            case .relayRecovered: notice("the relay delivers again")
            case .requestFailed(let reason):
                error("a request failed", metadata: ["reason": .string(reason)])
            case .measurementFailed(let reason):
                warning("something could not be measured", metadata: ["reason": .string(reason)])
            }
        }
    }
#endif
