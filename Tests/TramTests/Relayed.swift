import TestSupport
import Tram
import TramSQLite

/// Something that happens to a thing; a negative number makes the listener of these tests fail, as long
/// as it is not mended.
struct Happened: DomainEvent {
    static let eventType = "Happened"
    static let channel: EventChannel = "Thing"
    let number: Int
}

/// Happens in consequence, in the receiver's service.
struct Noticed: DomainEvent {
    static let eventType = "Noticed"
    static let channel: EventChannel = "Notice"
    let number: Int
}

struct Refusal: Error, CustomStringConvertible {
    let description = "a negative number"
}

/// Two services in memory: a sender, and a receiver that writes down every number that it hears of
/// and publishes that it noticed.
struct Relayed {
    let sender: SQLiteStore
    let receiver: SQLiteStore
    let relay: Relay

    /// - Parameter wrap: what the relay is given instead of a store.
    init(
        chunk: Int = 100, clock: @escaping () -> Timestamp = fixedClock,
        wrap: (any Store) -> any Store = { $0 }
    ) throws {
        sender = try SQLiteStore(
            inMemory: "sender",
            schema: Schema(applicationID: 1, library: LibraryTables.messaging),
            clock: clock)
        receiver = try SQLiteStore(
            inMemory: "receiver",
            schema: Schema(
                applicationID: 2, library: LibraryTables.messaging,
                migrations: [
                    [
                        "CREATE TABLE heard (number INTEGER) STRICT",
                        "CREATE TABLE mended (what TEXT) STRICT",
                        "CREATE TABLE one (number INTEGER UNIQUE) STRICT",
                    ]
                ]), clock: clock)
        let listener = DomainEventHandlers(
            "listener",
            [
                .on(Happened.self) { event, transaction in
                    try transaction.execute("INSERT INTO heard VALUES (\(event.number))")
                    try transaction.publish(Noticed(number: event.number), about: event.aggregateID)
                    if try event.number < 0 && transaction.rows("SELECT 1 FROM mended").isEmpty {
                        throw Refusal()
                    }
                    return event.number == 0 ? .ignored("nothing") : .handled("\(event.number)")
                }
            ])
        let counter = DomainEventHandlers(
            "counter", [.on(Happened.self) { _, _ in .handled("counted") }])
        relay = try Relay(
            wholeSystem: [
                Service(store: wrap(sender), subscribers: [counter]),
                Service(store: wrap(receiver), subscribers: [listener]),
            ], chunk: chunk)
    }

    func publish(_ number: Int, about thing: Int) throws {
        try sender.write { _ = try $0.publish(Happened(number: number), about: thing) }
    }

    func heard() throws -> [Int] {
        try receiver.read {
            try $0.rows("SELECT number FROM heard ORDER BY rowid").map {
                let number: Int = try $0.values()
                return number
            }
        }
    }

    /// Makes a pass and gives what it told.
    @discardableResult
    func pass(
        _ run: RelayRun, _ bounds: RelayRun.Bounds = RelayRun.Bounds()
    ) throws -> (deliveries: [String], summary: PassSummary) {
        var deliveries: [String] = []
        let summary = try run.pass(bounds) {
            if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
        }
        return (deliveries, summary)
    }
}

func describe(_ delivery: Delivery) -> String {
    "\(delivery.message.id)>\(delivery.subscriber ?? "nobody") \(delivery.receipt.outcome)"
}

/// A new store in memory with the tables of messaging and sagas, whose time does not pass.
func messagingStore(_ name: String) throws -> SQLiteStore {
    try SQLiteStore(
        inMemory: name,
        schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
        clock: fixedClock)
}
