import Platform
import Tram
import TramSQLite

/// Two services in a directory's files. The receiver's handler ends the process at some numbers.
///
///     RelayProbe DIRECTORY publish NUMBER ...    each about a thing of its own
///     RelayProbe DIRECTORY run MAX-ATTEMPTS      one pass; prints its deliveries
///     RelayProbe DIRECTORY measure COUNT EVERY   publishes so many, delivers them, and tells how long
///                                                that took; every so manyth fails, none when 0
///
/// A negative number traps, 99 kills the process, 98 aborts it, 97 makes the handler fail.
@main
enum RelayProbe {
    struct Counted: DomainEvent {
        static let eventType = "Counted"
        static let channel: EventChannel = "Number"
        let number: Int
    }

    struct Failure: Error {}

    static func main() throws {
        let arguments = Program.arguments()
        guard arguments.count >= 3 else { exit(64) }
        let directory = arguments[0]
        func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
            let store = SQLiteStore(
                name: name, path: "\(directory)/\(name).db",
                schema: Schema(
                    applicationID: 7, library: LibraryTables.messaging,
                    migrations: [Migration(tables)]))
            try store.create()
            return store
        }
        let sender = try store("sender", [])
        let receiver = try store("receiver", ["CREATE TABLE heard (number INTEGER) STRICT"])
        if arguments[1] == "publish" {
            for number in arguments.dropFirst(2).compactMap({ Int($0) }) {
                try sender.write { _ = try $0.publish(Counted(number: number), about: number) }
            }
            return
        }
        let listener = DomainEventHandlers(
            "listener",
            [
                .on(Counted.self) { event, transaction in
                    try transaction.execute("INSERT INTO heard VALUES (\(event.number))")
                    switch event.number {
                    case 97: throw Failure()
                    case 98: abort()
                    case 99: kill(getpid(), SIGKILL)
                    // No unsigned number is negative.
                    default: _ = UInt(event.number)
                    }
                    return .handled("heard")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [listener]),
        ])
        if arguments[1] == "measure" {
            let every = Int(arguments[3]) ?? 0
            try sender.batch {
                for number in 1...(Int(arguments[2]) ?? 1) {
                    let isBad = every > 0 && number % every == 0
                    try sender.write {
                        _ = try $0.publish(Counted(number: isBad ? 97 : 1), about: number)
                    }
                }
            }
            try measure(relay)
            return
        }
        let run = relay.run(
            parking: ParkingPolicy(maxAttempts: Int(arguments[2]) ?? 5),
            journal: CrashJournal(path: directory + "/in-hand"))
        let summary = try run.pass {
            guard case .delivered(let delivery) = $0 else { return }
            print("\(delivery.message.id) \(delivery.receipt.outcome)")
        }
        print("\(summary.pending) pending, \(summary.parked) parked")
        for number in try receiver.read({ try $0.rows("SELECT number FROM heard ORDER BY rowid") })
        {
            let number: Int = try number.values()
            print("heard \(number)")
        }
        try relay.forEachDeadLetter { print("parked \($0.message.id) \($0.attempts): \($0.error)") }
    }

    /// Runs relays until everything is delivered or parked, and tells how long each took.
    private static func measure(_ relay: Relay) throws {
        for _ in 1...7 {
            let start = MonotonicTime.nanoseconds()
            let run = relay.run()
            var deliveries = 0
            var failed = 0
            var summary: PassSummary
            repeat {
                summary = try run.pass {
                    guard case .delivered(let delivery) = $0 else { return }
                    deliveries += 1
                    if delivery.receipt.outcome.isFailure { failed += 1 }
                }
            } while !summary.isIdle
            let milliseconds = (MonotonicTime.nanoseconds() - start) / 1_000_000
            print(
                "\(milliseconds) ms: \(deliveries) deliveries, \(failed) failed, "
                    + "\(summary.pending) pending, \(summary.parked) parked, \(memory())")
        }
    }

    /// The most memory that this process has had so far, where the system tells it.
    private static func memory() -> String {
        let descriptor = open("/proc/self/status", O_RDONLY)
        guard descriptor >= 0, let bytes = try? readAll(from: descriptor, path: "", atMost: 1 << 16)
        else { return "memory unknown" }
        close(descriptor)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("VmHWM:") }.map {
            $0.split(separator: "\t").joined(separator: " ")
        }
            ?? "memory unknown"
    }
}
