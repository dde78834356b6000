import TestSupport
import Testing
import Tram
import TramSQLite

/// Two services: one runs sagas, the other reserves credit of a customer that a saga has for itself.
private struct CreditSystem {
    struct Reserve: Command {
        static let commandType = "Reserve"
        let customer: Int
        let amount: Int
    }

    struct Pay: Command {
        static let commandType = "Pay"
    }

    struct CreditSaga: Saga {
        static let sagaType = "CreditSaga"

        struct Data: Codable, Sendable {
            let customer: Int
            let amount: Int
        }

        var steps: [Step<Data>] {
            [
                Step("reserve").invokeParticipant("customers") {
                    Reserve(customer: $0.customer, amount: $0.amount)
                },
                Step("pay").invokeParticipant("bank") { _ in Pay() },
            ]
        }
    }

    let sagas: SQLiteStore
    let customers: SQLiteStore
    let manager: SagaManager<CreditSaga>
    let relay: Relay

    init(isPayable: Bool = true) throws {
        func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
            try SQLiteStore(
                inMemory: name,
                schema: Schema(
                    applicationID: 1,
                    library: LibraryTables.messagingAndSagas,
                    migrations: [Migration(tables)]),
                clock: fixedClock)
        }
        sagas = try store("sagas", [])
        customers = try store("customers", ["CREATE TABLE reserved (amount INTEGER) STRICT"])
        manager = try SagaManager(CreditSaga(), id: "sagas")
        let participant = CommandHandlers(
            "customers", on: "customers",
            [
                .on(Reserve.self, locking: { "Customer/\($0.customer)" }) { command, transaction in
                    try transaction.execute("INSERT INTO reserved VALUES (\(command.amount))")
                    if command.amount > 5 { throw Declined() }
                    return .success(Done(), "reserved \(command.amount)")
                }
            ])
        let bank = CommandHandlers(
            "bank", on: "bank",
            [
                .on(Pay.self) { _, _ in
                    if !isPayable { throw Declined() }
                    return .success()
                }
            ])
        relay = try Relay(wholeSystem: [
            Service(store: sagas, subscribers: [manager]),
            Service(store: customers, subscribers: [participant, bank]),
        ])
    }

    @discardableResult
    func start(customer: Int, amount: Int) throws -> String {
        try sagas.write {
            try manager.start(CreditSaga.Data(customer: customer, amount: amount), in: $0).reference
                .id
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
        try customers.read {
            try $0.rows(SQL(stringLiteral: table)).map(\.columns)
        }
    }

    /// All that matters of both stores.
    func everything() throws -> [[SQLValue]] {
        try [sagas, customers].flatMap { store in
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
        let system = try CreditSystem()
        try system.start(customer: 1, amount: 2)
        #expect(try system.pass(system.relay.run()) == ["Reserve handled: reserved 2"])
        #expect(
            try system.rows("SELECT target, saga_type, saga_id FROM saga_lock_table") == [
                [.text("Customer/1"), .text("CreditSaga"), .text("1")]
            ])
    }

    @Test func shouldNotClaimLock() throws {
        let system = try CreditSystem()
        try system.start(customer: 1, amount: 2)
        try system.start(customer: 1, amount: 3)
        try system.start(customer: 2, amount: 4)
        #expect(
            try system.pass(system.relay.run()) == [
                "Reserve handled: reserved 2",
                "Reserve stashed: Customer/1 is locked by CreditSaga 1",
                "Reserve handled: reserved 4",
            ])
    }

    @Test func shouldStashMessage() throws {
        let system = try CreditSystem()
        try system.start(customer: 1, amount: 2)
        try system.start(customer: 1, amount: 3)
        _ = try system.pass(system.relay.run())
        #expect(
            try system.rows(
                "SELECT message_id, target, saga_id, message_payload FROM saga_stash_table") == [
                    [
                        .text("sagas:2"), .text("Customer/1"), .text("2"),
                        .text(#"{"amount":3,"customer":1}"#),
                    ]
                ])
        #expect(try system.rows("SELECT amount FROM reserved") == [[.integer(2)]])
    }

    @Test func shouldReleaseLockAndUnstashMessage() throws {
        let system = try CreditSystem()
        for amount in 1...3 { try system.start(customer: 1, amount: amount) }
        let run = system.relay.run()
        var deliveries: [String] = []
        for _ in 1...20 { deliveries += try system.pass(run) }
        #expect(
            deliveries.filter { $0.contains("unlocked") || $0.contains("resumed") } == [
                "SagaUnlockCommand handled: unlocked Customer/1",
                "Reserve handled: resumed; reserved 2",
                "SagaUnlockCommand handled: unlocked Customer/1",
                "Reserve handled: resumed; reserved 3",
                "SagaUnlockCommand handled: unlocked Customer/1",
            ])
        for id in ["1", "2", "3"] { #expect(try system.state(id) == .completed) }
        #expect(
            try system.rows("SELECT amount FROM reserved ORDER BY rowid") == [
                [.integer(1)], [.integer(2)], [.integer(3)],
            ])
        #expect(try system.rows("SELECT * FROM saga_lock_table") == [])
        #expect(try system.rows("SELECT * FROM saga_stash_table") == [])
    }

    @Test func `a saga that is refused keeps no lock, and lets the next one in`() throws {
        let system = try CreditSystem()
        try system.start(customer: 1, amount: 2)
        try system.start(customer: 1, amount: 9)
        try system.start(customer: 1, amount: 3)
        let run = system.relay.run()
        var deliveries: [String] = []
        for _ in 1...20 { deliveries += try system.pass(run) }
        #expect(
            deliveries.filter { $0.contains("unlocked") || $0.contains("resumed") }.prefix(3) == [
                "SagaUnlockCommand handled: unlocked Customer/1",
                "Reserve refused: resumed; Failure; unlocked Customer/1",
                "Reserve handled: resumed; reserved 3",
            ])
        #expect(try system.state("2") == .rolledBack)
        #expect(try system.state("3") == .completed)
        #expect(
            try system.rows("SELECT amount FROM reserved ORDER BY rowid") == [
                [.integer(2)], [.integer(3)],
            ], "what the refused command had written is undone")
        #expect(try system.rows("SELECT * FROM saga_lock_table") == [])
    }

    @Test func `a saga that rolls back frees its locks too`() throws {
        let system = try CreditSystem(isPayable: false)
        try system.start(customer: 1, amount: 2)
        let run = system.relay.run()
        for _ in 1...10 { _ = try system.pass(run) }
        #expect(try system.state("1") == .rolledBack)
        #expect(try system.rows("SELECT * FROM saga_lock_table") == [])
    }

    // MARK: Every schedule

    /// Tries every order of single deliveries, and each delivery a second time right after it.
    private func explore(
        _ system: CreditSystem, _ seen: inout [[[SQLValue]]: Int],
        check: () throws -> Void, atEnd: () throws -> Void
    ) throws {
        let state = try system.everything()
        if seen[state] != nil { return }
        seen[state] = seen.count
        try check()
        let possible = try system.relay.run().possibleDeliveries()
        if possible.isEmpty { try atEnd() }
        for delivery in possible {
            try system.relay.rehearse {
                _ = try system.relay.run(parking: .never).deliver(delivery)
                let after = try system.everything()
                #expect(
                    try system.relay.run(parking: .never).deliver(delivery)?.receipt.outcome
                        == .duplicate)
                #expect(try system.everything() == after)
                try explore(system, &seen, check: check, atEnd: atEnd)
            }
        }
    }

    @Test(arguments: [(1, 1), (1, 2)])
    func `two sagas, contending or not, come through in every order`(
        customers: (Int, Int)
    ) throws {
        let system = try CreditSystem()
        let ids = [
            try system.start(customer: customers.0, amount: 2),
            try system.start(customer: customers.1, amount: 3),
        ]
        var seen: [[[SQLValue]]: Int] = [:]
        var ends = 0
        try explore(system, &seen) {
            // A customer's credit is reserved by one saga at a time.
            let locks = try system.rows("SELECT target FROM saga_lock_table")
            let stashed = try system.rows("SELECT target FROM saga_stash_table")
            #expect(stashed.allSatisfy(locks.contains), "nothing waits for a lock that is free")
        } atEnd: {
            ends += 1
            let states = try ids.map(system.state)
            let locks = try system.rows("SELECT target FROM saga_lock_table")
            let stashed = try system.rows("SELECT target FROM saga_stash_table")
            let reserved = try system.rows("SELECT amount FROM reserved")
            #expect(states == [.completed, .completed])
            #expect(locks == [] && stashed == [])
            #expect(reserved.count == 2)
        }
        print("explored: two sagas, customers \(customers): \(seen.count) states")
        #expect(ends >= 1)
        #expect(seen.count > 10)
    }
}
