// A relay inside swift-service-lifecycle: it is started with the program's other services, and ended
// orderly, between two transactions, by SIGTERM or when the group shuts down.
//
// Run it with: swift run --traits Server LifecycleTram

#if Server
    import Dispatch
    import Foundation
    import Logging
    import ServiceLifecycle
    import Tram
    import TramRunner
    import TramSQLite
    import UnixSignals

    /// A relay as a service of the group. It has a thread of its own, since it blocks.
    struct RelayService: ServiceLifecycle.Service {
        let runner: RelayRunner

        func run() async throws {
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await withCheckedThrowingContinuation { continuation in
                    Thread.detachNewThread {
                        continuation.resume(with: Result { try runner.run() })
                    }
                }
            } onCancelOrGracefulShutdown: {
                runner.stop()
            }
        }
    }

    /// What one service tells the other.
    struct GreetingSent: DomainEvent {
        static let eventType = "GreetingSent"
        static let channel: EventChannel = "Greeting"
        let text: String
    }

    /// The two services' files, for whichever thread needs them.
    struct Stores {
        let directory: String

        func make(_ name: String) -> SQLiteStore {
            SQLiteStore(
                name: name, path: "\(directory)/\(name).db",
                schema: Schema(applicationID: 1, library: LibraryTables.messaging))
        }
    }

    /// Stands for what a program does: it sends, waits until that has arrived, and ends.
    struct Greeter: ServiceLifecycle.Service {
        let stores: Stores
        let arrivals: AsyncStream<String>

        func run() async throws {
            // A short transaction blocks a moment only; a busy program would use an executor for it, as
            // the example AsyncTram does.
            let message = try stores.make("sender").write { transaction in
                try transaction.publish(GreetingSent(text: "Hello, group!"), about: 1)
            }
            print("sent \(message)")
            for await arrival in arrivals.prefix(1) { print(arrival) }
        }
    }

    @main
    struct LifecycleTram {
        static func main() async throws {
            let stores = Stores(
                directory: FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString)
            try FileManager.default.createDirectory(
                atPath: stores.directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: stores.directory) }
            for name in ["sender", "receiver"] { try stores.make(name).create() }

            let (arrivals, told) = AsyncStream.makeStream(of: String.self)
            let runner = RelayRunner {
                let greetings = DomainEventHandlers(
                    "greetings",
                    [
                        .on(GreetingSent.self) { event, _ in .handled("heard '\(event.text)'") }
                    ])
                let relay = try Relay(wholeSystem: [
                    Tram.Service(store: stores.make("sender"), subscribers: []),
                    Tram.Service(store: stores.make("receiver"), subscribers: [greetings]),
                ])
                var session = RelayRunner.Session(relay.run(), lock: RelayLock(of: relay))
                session.report = { event in
                    guard case .delivered(let delivery) = event else { return }
                    told.yield(delivery.receipt.effects.joined(separator: ", "))
                }
                return session
            }
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(service: RelayService(runner: runner)),
                        .init(
                            service: Greeter(stores: stores, arrivals: arrivals),
                            successTerminationBehavior: .gracefullyShutdownGroup),
                    ], gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
            try await group.run()
            print("the group has ended")
        }
    }
#else
    @main
    struct LifecycleTram {
        static func main() {
            print("this example needs the trait Server: swift run --traits Server LifecycleTram")
        }
    }
#endif
