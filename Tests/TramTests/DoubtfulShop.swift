import TestSupport
import Testing
import Tram
import TramSQLite

/// A saga of any steps at a shop.
struct Booking: Saga {
    static let sagaType = "Booking"
    struct Data: Codable, Sendable {
        var isBooked = false
    }
    let steps: [Step<Data>]
}

/// A saga, and a shop that locks what it does, fails when it is told to, and can be silent.
struct DoubtfulShop {
    let sagas: SQLiteStore
    let shop: SQLiteStore
    private(set) var manager: SagaManager<Booking>
    private(set) var relay: Relay
    let clock = Clock()
    let saga = SagaReference(type: "Booking", id: "1")

    final class Clock { var now = Timestamp(milliseconds: 0) }

    init(_ steps: Step<Booking.Data>...) throws {
        let clock = clock
        sagas = try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
            clock: { clock.now })
        shop = try SQLiteStore(
            inMemory: "shop",
            schema: Schema(
                applicationID: 2, library: LibraryTables.messagingAndSagas,
                migrations: [
                    [
                        "CREATE TABLE done (what TEXT) STRICT",
                        "CREATE TABLE trouble (what TEXT) STRICT",
                    ]
                ]), clock: { clock.now })
        (manager, relay) = try Self.program(steps, sagas, shop)
        _ = try sagas.write { try manager.start(Booking.Data(), in: $0) }
    }

    /// The next program has the same saga in the same version, with other steps.
    mutating func edit(_ steps: Step<Booking.Data>...) throws {
        (manager, relay) = try Self.program(steps, sagas, shop)
    }

    private static func program(
        _ steps: [Step<Booking.Data>], _ sagas: SQLiteStore, _ shop: SQLiteStore
    ) throws -> (SagaManager<Booking>, Relay) {
        let manager = try SagaManager(Booking(steps: steps), id: "sagas")
        @Sendable func perform(_ what: String, _ transaction: any Transaction) throws
            -> CommandResult
        {
            let trouble = try transaction.rows("SELECT 1 FROM trouble WHERE what = \(what)")
            if !trouble.isEmpty { throw Breakdown() }
            try transaction.execute("INSERT INTO done VALUES (\(what))")
            return .success()
        }
        let handlers = CommandHandlers(
            "shop", on: "shop",
            [
                .on(Do.self, locking: { "\($0.step)" }) { try perform("do \($0.step)", $1) },
                .on(Undo.self) { try perform("undo \($0.step)", $1) },
            ])
        return (
            manager,
            try Relay(wholeSystem: [
                Service(store: sagas, subscribers: [manager]),
                Service(store: shop, subscribers: [handlers]),
            ])
        )
    }

    func pass(_ times: Int = 1, maxAttempts: Int = 9) throws {
        for _ in 0..<times {
            try relay.run(parking: ParkingPolicy(maxAttempts: maxAttempts)).pass()
        }
    }

    func passUntilIdle() throws {
        let run = relay.run()
        while try !run.pass().isIdle {}
    }

    var outlook: SagaOutlook { get throws { try #require(try relay.outlook(of: saga)) } }

    @discardableResult
    func decide(_ decision: SagaDecision) throws -> [String] {
        let outlook = try outlook
        return try sagas.write { try manager.decide(decision, outlook, in: $0) }
    }

    var state: SagaState? {
        get throws { try sagas.read { try Sagas.overview(of: saga, in: $0)?.state } }
    }

    func change(_ text: StaticString, in store: SQLiteStore) throws {
        _ = try store.write { try $0.execute(SQL(stringLiteral: text)) }
    }

    func texts(_ query: StaticString) throws -> [String] {
        try shop.read {
            try $0.rows(SQL(stringLiteral: query)).map {
                let text: String = try $0.values()
                return text
            }
        }
    }

    /// The last command that the saga has sent.
    func lastCommand() throws -> Message {
        try sagas.read {
            try #require(try Outbox($0).messages(after: 0, limit: 99).last).message
        }
    }

    func done() throws -> [String] { try texts("SELECT what FROM done ORDER BY rowid") }
}
