import TestSupport
import Testing
import Tram
import TramSQLite

/// A participant or a saga's manager that is called otherwise than before.
@Suite struct RenamedParticipantTests {
    private let sagas: SQLiteStore
    private let shop: SQLiteStore

    init() throws {
        sagas = try messagingStore("sagas")
        shop = try SQLiteStore(
            inMemory: "shop",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [["CREATE TABLE done (step INTEGER) STRICT"]]), clock: fixedClock)
    }

    /// A program, under its first names or under new ones. All sagas want the same thing of the shop.
    private func program(
        isRenamed: Bool
    ) throws -> (manager: SagaManager<TestSaga>, relay: Relay) {
        let saga = TestSaga(.remote(1), .remote(2))
        let manager =
            try isRenamed
            ? SagaManager(saga, id: "orders", formerIDs: ["sagas"]) : SagaManager(saga, id: "sagas")
        let handlers: [CommandHandler] = [
            .on(Do.self, locking: { _ in "the thing" }) { command, transaction in
                try transaction.execute("INSERT INTO done VALUES (\(command.step))")
                return .success(Done())
            },
            .on(Undo.self) { _, _ in .success(Done()) },
        ]
        let participant =
            isRenamed
            ? CommandHandlers("store", on: .participant, formerly: ["shop"], handlers)
            : CommandHandlers("shop", on: .participant, handlers)
        return (
            manager,
            try Relay(wholeSystem: [
                Service(store: sagas, subscribers: [manager]),
                Service(store: shop, subscribers: [participant]),
            ])
        )
    }

    private func run(_ relay: Relay) throws -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        let run = relay.run()
        var isIdle = false
        while !isIdle {
            isIdle = try run.pass {
                if case .delivered(let delivery) = $0 { outcomes.append(delivery.receipt.outcome) }
            }.isIdle
        }
        return outcomes
    }

    private func done() throws -> [Int] {
        try shop.read {
            try $0.rows("SELECT step FROM done").map {
                let step: Int = try $0.values()
                return step
            }
        }
    }

    @Test(arguments: 0...7)
    func `nothing is handled twice, and what waits for a lock goes on`(deliveries: Int) throws {
        let old = try program(isRenamed: false)
        try sagas.write { transaction in
            for _ in 1...2 { try old.manager.start(TestSaga.Data(), in: transaction) }
        }
        for _ in 0..<deliveries { try old.relay.run().step() }

        let new = try program(isRenamed: true)
        _ = try run(new.relay)
        #expect(try done().sorted() == [1, 1, 2, 2])
        for id in ["1", "2"] {
            let saga = SagaReference(type: TestSaga.sagaType, id: id)
            let overview = try sagas.read { try Sagas.overview(of: saga, in: $0) }
            #expect(overview?.state == .completed)
        }
        // Whatever comes once more is known by the new names.
        for store in [sagas, shop] {
            try store.write { _ = try $0.execute("UPDATE message SET published = 0") }
        }
        let again = try run(new.relay)
        #expect(again.allSatisfy { $0 == .duplicate || $0 == .unheard }, "\(again)")
        #expect(try done().count == 4)
        #expect(
            try new.relay.subscriptions().filter(\.isKnown).map(\.id).sorted()
                == ["orders", "store"])
    }
}
