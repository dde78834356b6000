import TestSupport
import Testing
import Tram
import TramSQLite

/// Two services: one runs sagas, the other books seats of a flight that a saga has for itself.
private struct Booking {
    struct Book: Command {
        static let commandType = "Book"
        let flight: Int
        let seats: Int
    }

    struct Pay: Command {
        static let commandType = "Pay"
    }

    struct BookingSaga: Saga {
        static let sagaType = "BookingSaga"

        struct Data: Codable, Sendable {
            let flight: Int
            let seats: Int
        }

        var steps: [Step<Data>] {
            [
                Step("book").invokeParticipant("flights") {
                    Book(flight: $0.flight, seats: $0.seats)
                },
                Step("pay").invokeParticipant("bank") { _ in Pay() },
            ]
        }
    }

    let sagas: SQLiteStore
    let flights: SQLiteStore
    let manager: SagaManager<BookingSaga>
    let relay: Relay

    init(isPayable: Bool = true) throws {
        func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
            try SQLiteStore(
                inMemory: name,
                schema: Schema(
                    applicationID: 1,
                    migrations: [MessagingTables.create + SagaTables.create + tables]),
                clock: fixedClock)
        }
        sagas = try store("sagas", [])
        flights = try store("flights", ["CREATE TABLE booked (seats INTEGER) STRICT"])
        manager = try SagaManager(BookingSaga(), id: "sagas")
        let participant = CommandHandlers(
            "flights", on: "flights",
            [
                .on(Book.self, locking: { "Flight/\($0.flight)" }) { command, transaction in
                    try transaction.execute("INSERT INTO booked VALUES (\(command.seats))")
                    if command.seats > 5 { throw Failure() }
                    return .success(Success(), "booked \(command.seats)")
                }
            ])
        let bank = CommandHandlers(
            "bank", on: "bank",
            [
                .on(Pay.self) { _, _ in
                    if !isPayable { throw Failure() }
                    return .success()
                }
            ])
        relay = Relay([
            Service(store: sagas, subscribers: [manager]),
            Service(store: flights, subscribers: [participant, bank]),
        ])
    }

    @discardableResult
    func start(flight: Int, seats: Int) throws -> String {
        try sagas.write {
            try manager.start(BookingSaga.Data(flight: flight, seats: seats), in: $0).reference.id
        }
    }

    /// Makes a pass and gives its deliveries, without those of payments.
    func pass(_ run: RelayRun) throws -> [String] {
        var deliveries: [String] = []
        try run.pass {
            guard case .delivered(let delivery) = $0, delivery.subscriber != "bank" else { return }
            deliveries.append(
                "\(delivery.message.type) \(delivery.receipt.outcome): "
                    + delivery.receipt.effects.joined(separator: "; "))
        }
        return deliveries
    }

    func rows(_ table: StaticString) throws -> [[SQLValue]] {
        try flights.read {
            try $0.rows(SQL(stringLiteral: table)).map(\.columns)
        }
    }

    /// All that matters of both stores.
    func everything() throws -> [[SQLValue]] {
        try [sagas, flights].flatMap { store in
            try store.read { transaction in
                try [
                    "SELECT id, type, published FROM message ORDER BY id",
                    "SELECT consumer_id, message_id FROM received_messages",
                    "SELECT id, state_name, last_request_id FROM saga_instance ORDER BY id",
                    "SELECT target, saga_id FROM saga_lock_table",
                    "SELECT message_id FROM saga_stash_table ORDER BY sequence",
                ].flatMap { try transaction.rows(SQL(unsafeText: $0)).map(\.columns) }
            }
        }
    }

    func state(_ id: String) throws -> SagaState? {
        try sagas.read { try manager.instance(id, in: $0) }?.state
    }
}

@Suite struct SagaLocksTests {
    @Test func shouldClaimLock() throws {
        let booking = try Booking()
        try booking.start(flight: 1, seats: 2)
        #expect(try booking.pass(booking.relay.run()) == ["Book handled: booked 2"])
        #expect(
            try booking.rows("SELECT target, saga_type, saga_id FROM saga_lock_table") == [
                [.text("Flight/1"), .text("BookingSaga"), .text("1")]
            ])
    }

    @Test func shouldNotClaimLock() throws {
        let booking = try Booking()
        try booking.start(flight: 1, seats: 2)
        try booking.start(flight: 1, seats: 3)
        try booking.start(flight: 2, seats: 4)
        #expect(
            try booking.pass(booking.relay.run()) == [
                "Book handled: booked 2", "Book stashed: Flight/1 is locked by BookingSaga 1",
                "Book handled: booked 4",
            ])
    }

    @Test func shouldStashMessage() throws {
        let booking = try Booking()
        try booking.start(flight: 1, seats: 2)
        try booking.start(flight: 1, seats: 3)
        _ = try booking.pass(booking.relay.run())
        #expect(
            try booking.rows(
                "SELECT message_id, target, saga_id, message_payload FROM saga_stash_table") == [
                    [
                        .text("sagas:2"), .text("Flight/1"), .text("2"),
                        .text(#"{"flight":1,"seats":3}"#),
                    ]
                ])
        #expect(try booking.rows("SELECT seats FROM booked") == [[.integer(2)]])
    }

    @Test func shouldReleaseLockAndUnstashMessage() throws {
        let booking = try Booking()
        for seats in 1...3 { try booking.start(flight: 1, seats: seats) }
        let run = booking.relay.run()
        var deliveries: [String] = []
        for _ in 1...20 { deliveries += try booking.pass(run) }
        #expect(
            deliveries.filter { $0.hasPrefix("SagaUnlock") } == [
                "SagaUnlockCommand handled: unlocked Flight/1; resumed sagas:2 Book; booked 2",
                "SagaUnlockCommand handled: unlocked Flight/1; resumed sagas:3 Book; booked 3",
                "SagaUnlockCommand handled: unlocked Flight/1",
            ])
        for id in ["1", "2", "3"] { #expect(try booking.state(id) == .completed) }
        #expect(
            try booking.rows("SELECT seats FROM booked ORDER BY rowid") == [
                [.integer(1)], [.integer(2)], [.integer(3)],
            ])
        #expect(try booking.rows("SELECT * FROM saga_lock_table") == [])
        #expect(try booking.rows("SELECT * FROM saga_stash_table") == [])
    }

    @Test func `a saga that is refused keeps no lock, and lets the next one in`() throws {
        let booking = try Booking()
        try booking.start(flight: 1, seats: 2)
        try booking.start(flight: 1, seats: 9)
        try booking.start(flight: 1, seats: 3)
        let run = booking.relay.run()
        var deliveries: [String] = []
        for _ in 1...20 { deliveries += try booking.pass(run) }
        #expect(
            deliveries.contains(
                "SagaUnlockCommand handled: unlocked Flight/1; resumed sagas:2 Book; Failure; "
                    + "unlocked Flight/1; resumed sagas:3 Book; booked 3"))
        #expect(try booking.state("2") == .rolledBack)
        #expect(try booking.state("3") == .completed)
        #expect(
            try booking.rows("SELECT seats FROM booked ORDER BY rowid") == [
                [.integer(2)], [.integer(3)],
            ], "what the refused command had written is undone")
        #expect(try booking.rows("SELECT * FROM saga_lock_table") == [])
    }

    @Test func `a saga that rolls back frees its locks too`() throws {
        let booking = try Booking(isPayable: false)
        try booking.start(flight: 1, seats: 2)
        let run = booking.relay.run()
        for _ in 1...10 { _ = try booking.pass(run) }
        #expect(try booking.state("1") == .rolledBack)
        #expect(try booking.rows("SELECT * FROM saga_lock_table") == [])
    }

    // MARK: Every schedule

    /// Tries every order of single deliveries, and each delivery a second time right after it.
    private func explore(
        _ booking: Booking, _ seen: inout [[[SQLValue]]: Int],
        check: () throws -> Void, atEnd: () throws -> Void
    ) throws {
        let state = try booking.everything()
        if seen[state] != nil { return }
        seen[state] = seen.count
        try check()
        let possible = try booking.relay.possibleDeliveries()
        if possible.isEmpty { try atEnd() }
        for delivery in possible {
            try booking.relay.rehearse {
                _ = try booking.relay.deliver(delivery)
                let after = try booking.everything()
                #expect(try booking.relay.deliver(delivery).receipt.outcome == .duplicate)
                #expect(try booking.everything() == after)
                try explore(booking, &seen, check: check, atEnd: atEnd)
            }
        }
    }

    @Test(arguments: [(1, 1), (1, 2)])
    func `two sagas, contending or not, come through in every order`(
        flights: (Int, Int)
    ) throws {
        let booking = try Booking()
        let ids = [
            try booking.start(flight: flights.0, seats: 2),
            try booking.start(flight: flights.1, seats: 3),
        ]
        var seen: [[[SQLValue]]: Int] = [:]
        var ends = 0
        try explore(booking, &seen) {
            // A flight's seats are booked by one saga at a time.
            let locks = try booking.rows("SELECT target FROM saga_lock_table")
            let stashed = try booking.rows("SELECT target FROM saga_stash_table")
            #expect(stashed.allSatisfy(locks.contains), "nothing waits for a lock that is free")
        } atEnd: {
            ends += 1
            let states = try ids.map(booking.state)
            let locks = try booking.rows("SELECT target FROM saga_lock_table")
            let stashed = try booking.rows("SELECT target FROM saga_stash_table")
            let booked = try booking.rows("SELECT seats FROM booked")
            #expect(states == [.completed, .completed])
            #expect(locks == [] && stashed == [])
            #expect(booked.count == 2)
        }
        print("explored: two sagas, flights \(flights): \(seen.count) states")
        #expect(ends >= 1)
        #expect(seen.count > 10)
    }
}
