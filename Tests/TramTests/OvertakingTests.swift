import TestSupport
import Testing
import Tram
import TramSQLite

/// Sagas that each need two hotels for themselves, and lose their patience after five seconds.
private struct TripSystem {
    struct Reserve: Command {
        static let commandType = "Reserve"
        let hotel: String
        let trip: String
    }

    struct Cancel: Command {
        static let commandType = "Cancel"
        let hotel: String
        let trip: String
    }

    struct TripSaga: Saga {
        static let sagaType = "TripSaga"

        struct Data: Codable, Sendable {
            let trip: String
            let hotels: [String]
        }

        /// How often each step is asked for again after its deadline.
        let retries: Int

        var steps: [Step<Data>] { [step("first hotel", 0), step("second hotel", 1)] }

        private func step(_ name: String, _ index: Int) -> Step<Data> {
            var step = Step<Data>(name)
                .invokeParticipant("hotels") { Reserve(hotel: $0.hotels[index], trip: $0.trip) }
                .deadline(.seconds(5))
            if retries > 0 { step = step.retrying(retries, on: .deadline) }
            return step.withCompensation("hotels") {
                Cancel(hotel: $0.hotels[index], trip: $0.trip)
            }
        }
    }

    final class Clock {
        var now = Timestamp(milliseconds: 0)
    }

    let clock = Clock()
    let trips: SQLiteStore
    let hotels: SQLiteStore
    let manager: SagaManager<TripSaga>
    let relay: Relay

    init(retries: Int = 0) throws {
        let clock = clock
        func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
            try SQLiteStore(
                inMemory: name,
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [Migration(tables)]),
                clock: { clock.now })
        }
        trips = try store("trips", [])
        hotels = try store(
            "hotels",
            [
                "CREATE TABLE room (hotel TEXT, trip TEXT) STRICT",
                "CREATE TABLE undone_in_vain (hotel TEXT, trip TEXT) STRICT",
            ])
        manager = try SagaManager(TripSaga(retries: retries), id: "trips")
        let participant = CommandHandlers(
            "hotels", on: "hotels",
            [
                .on(Reserve.self, locking: { "Hotel/\($0.hotel)" }) { command, transaction in
                    try transaction.execute(
                        "INSERT INTO room VALUES (\(command.hotel), \(command.trip))")
                    return .success(Done(), "reserved \(command.hotel)")
                },
                .on(Cancel.self) { command, transaction in
                    let rooms = try transaction.execute(
                        """
                        DELETE FROM room WHERE hotel = \(command.hotel) AND trip = \(command.trip)
                        """)
                    if rooms == 0 {
                        try transaction.execute(
                            """
                            INSERT INTO undone_in_vain VALUES (\(command.hotel), \(command.trip))
                            """)
                    }
                    return .success(Done(), "cancelled \(command.hotel)")
                },
            ])
        relay = try Relay(wholeSystem: [
            Service(store: trips, subscribers: [manager]),
            Service(store: hotels, subscribers: [participant]),
        ])
    }

    @discardableResult
    func start(_ trip: String, _ hotels: String...) throws -> String {
        try trips.write {
            try manager.start(TripSaga.Data(trip: trip, hotels: hotels), in: $0).reference.id
        }
    }

    func runUntilIdle() throws -> [String] {
        let run = relay.run()
        var told: [String] = []
        func pass() throws -> Bool {
            try run.pass { event in
                switch event {
                case .delivered(let delivery) where delivery.subscriber == "hotels":
                    told.append(
                        "\(delivery.message.type) \(delivery.receipt.outcome): "
                            + delivery.receipt.effects.joined(separator: "; "))
                case .expired(let expiry): told.append(expiry.effect)
                default: break
                }
            }.isIdle
        }
        while try !pass() {}
        return told
    }

    func state(_ id: String) throws -> SagaState? {
        try trips.read { try manager.instance(id, in: $0) }?.state
    }

    func rows(_ query: StaticString) throws -> [[SQLValue]] {
        try hotels.read { try $0.rows(SQL(stringLiteral: query)).map(\.columns) }
    }

    /// All that matters of both stores.
    func everything() throws -> [[SQLValue]] {
        try [trips, hotels].flatMap { store in
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
}

/// A compensation overtakes its own saga's command that waits for a lock.
@Suite struct OvertakingTests {
    @Test func `a deadline breaks a deadlock, and the other saga comes through`() throws {
        let system = try TripSystem()
        try system.start("1", "A", "B")
        try system.start("2", "B", "A")
        // The second saga's step begins a second later, so its deadline passes later, too.
        let run = system.relay.run()
        _ = try run.pass(RelayRun.Bounds(source: "trips"))
        _ = try run.pass(RelayRun.Bounds(source: "hotels", messages: 1))
        system.clock.now = Timestamp(milliseconds: 1000)
        #expect(
            try system.runUntilIdle() == [
                "Reserve stashed: Hotel/B is locked by TripSaga 2",
                "Reserve stashed: Hotel/A is locked by TripSaga 1",
            ])
        let nothing = try system.runUntilIdle()
        #expect(nothing == [], "nothing moves any more")
        system.clock.now = Timestamp(milliseconds: 5000)
        #expect(
            try system.runUntilIdle() == [
                "TripSaga 1: second hotel timed out, undoing of second hotel requested",
                "Cancel handled: there was nothing to undo: Reserve trips:3 had not been handled, "
                    + "it waited for Hotel/B",
                "Cancel handled: cancelled A",
                "SagaUnlockCommand handled: unlocked Hotel/A",
                "Reserve handled: resumed; reserved A",
                "SagaUnlockCommand handled: unlocked Hotel/A",
                "SagaUnlockCommand handled: unlocked Hotel/B",
            ])
        #expect(try system.state("1") == .rolledBack)
        #expect(try system.state("2") == .completed)
        #expect(
            try system.rows("SELECT hotel, trip FROM room ORDER BY hotel") == [
                [.text("A"), .text("2")], [.text("B"), .text("2")],
            ])
        #expect(try system.rows("SELECT 1 FROM saga_lock_table") == [])
        #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
        #expect(try system.rows("SELECT 1 FROM undone_in_vain") == [])
    }

    @Test func `two sagas whose deadlines pass at once both roll back`() throws {
        let system = try TripSystem()
        try system.start("1", "A", "B")
        try system.start("2", "B", "A")
        _ = try system.runUntilIdle()
        system.clock.now = Timestamp(milliseconds: 5000)
        _ = try system.runUntilIdle()
        for id in ["1", "2"] { #expect(try system.state(id) == .rolledBack) }
        #expect(try system.rows("SELECT 1 FROM room") == [])
        #expect(try system.rows("SELECT 1 FROM saga_lock_table") == [])
        #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
    }

    @Test func `all attempts that wait are overtaken at once`() throws {
        let system = try TripSystem(retries: 1)
        try system.start("1", "A", "B")
        try system.start("2", "B", "A")
        _ = try system.runUntilIdle()
        system.clock.now = Timestamp(milliseconds: 5000)
        #expect(
            try system.runUntilIdle().filter { $0.contains("stashed") } == [
                "Reserve stashed: an earlier command of TripSaga 1 waits for Hotel/B",
                "Reserve stashed: an earlier command of TripSaga 2 waits for Hotel/A",
            ])
        system.clock.now = Timestamp(milliseconds: 10_000)
        let told = try system.runUntilIdle()
        #expect(told.filter { $0.contains("nothing to undo") }.count == 2)
        for id in ["1", "2"] { #expect(try system.state(id) == .rolledBack) }
        #expect(try system.rows("SELECT 1 FROM room") == [])
        #expect(try system.rows("SELECT 1 FROM undone_in_vain") == [])
        #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
        #expect(try system.rows("SELECT 1 FROM saga_lock_table") == [])
    }

    /// Tries every order of single deliveries and of deadlines that pass.
    private func explore(
        _ system: TripSystem, _ seen: inout Set<[[SQLValue]]>, atEnd: () throws -> Void
    ) throws {
        guard try seen.insert(system.everything()).inserted else { return }
        // A command is handled or stashed, and what was undone is not done again.
        #expect(try system.rows("SELECT 1 FROM undone_in_vain") == [])
        let deliveries = try system.relay.run().possibleDeliveries()
        let awaited = try system.trips.read {
            try system.manager.awaited(overdueAt: nil, after: nil, limit: 9, in: $0)
        }
        if deliveries.isEmpty && awaited.isEmpty { try atEnd() }
        for delivery in deliveries {
            try system.relay.rehearse {
                _ = try system.relay.run(parking: .never).deliver(delivery)
                try explore(system, &seen, atEnd: atEnd)
            }
        }
        for one in awaited {
            try system.relay.rehearse {
                _ = try system.trips.write { try system.manager.expire(one, in: $0) }
                try explore(system, &seen, atEnd: atEnd)
            }
        }
    }

    @Test func `two sagas over A,B and B,A come to an end in every order`() throws {
        let system = try TripSystem()
        let ids = [try system.start("1", "A", "B"), try system.start("2", "B", "A")]
        var seen: Set<[[SQLValue]]> = []
        var ends: Set<[SagaState?]> = []
        try explore(system, &seen) {
            let states = try ids.map(system.state)
            ends.insert(states)
            let rooms = try system.rows("SELECT trip FROM room").compactMap(\.first)
            for (id, state) in zip(ids, states) {
                let own = rooms.filter { $0 == .text(id) }
                #expect(own.count == (state == .completed ? 2 : 0))
            }
            #expect(try system.rows("SELECT 1 FROM saga_lock_table") == [])
            #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
        }
        print("explored: two sagas over two locks: \(seen.count) states")
        #expect(
            ends == [
                [.completed, .completed], [.completed, .rolledBack], [.rolledBack, .completed],
                [.rolledBack, .rolledBack],
            ])
    }
}
