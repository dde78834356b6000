import Platform
import Tram
import TramSQLite

/// Two services in a directory's files. The receiver's handler ends the process at some numbers.
///
///     RelayProbe DIRECTORY publish NUMBER ...    each about a thing of its own
///     RelayProbe DIRECTORY run MAX-ATTEMPTS      one pass; prints its deliveries
///
/// A negative number traps, 99 kills the process, 98 aborts it.
@main
enum RelayProbe {
    struct Counted: DomainEvent {
        static let eventType = "Counted"
        static let aggregateType = "Number"
        let number: Int
    }

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
}
