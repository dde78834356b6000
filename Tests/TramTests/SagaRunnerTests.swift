import Testing
import Tram
import TramSQLite

/// What can be asked of sagas by a program that has only the names of their types.
@Suite struct SagaRunnerTests {
    private let store: SQLiteStore
    private let manager: SagaManager<TestSaga>
    private let relay: Relay

    init() throws {
        store = try SQLiteStore(
            inMemory: "test",
            schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas))
        manager = try SagaManager(TestSaga(.remote(1)), id: "test")
        relay = try Relay(partOfSystem: [
            Service(
                store: store,
                subscribers: [CombinedSubscriber("test", [manager])])
        ])
    }

    @Test func `a runner is found by its type, also as a part of a subscriber`() throws {
        let sagas = try #require(relay.sagaRunner(ofType: "TestSaga"))
        #expect(sagas.service.name == "test")
        #expect(sagas.runner.definition == manager.definition)
        #expect(relay.sagaRunners.map(\.type) == ["TestSaga"])
        #expect(relay.sagaRunner(ofType: "Other")?.type == nil)
    }

    @Test func `it decides as its manager does`() throws {
        let saga = try store.write { try manager.start(TestSaga.Data(), in: $0).reference }
        let sagas = try #require(relay.sagaRunner(ofType: saga.type))
        #expect(
            try sagas.inspect(saga.id).overview?.state == .running(step: "step 1"))
        let outlook = try #require(try relay.outlook(of: saga))
        let effects = try sagas.service.store.write {
            try sagas.runner.decide(.skip, outlook, because: "", in: $0)
        }
        #expect(effects == ["TestSaga 1: step 1 skipped, completed"])
        #expect(throws: SagaError.hasEnded(saga, .completed)) {
            try sagas.service.store.write {
                try sagas.runner.abandon(saga, because: "", trustingData: true, in: $0)
            }
        }
    }

    @Test func `instances are listed page by page, and those that have not ended apart`() throws {
        let sagas = try store.write { transaction in
            try (1...3).map { _ in try manager.start(TestSaga.Data(), in: transaction).reference }
        }
        let outlook = try #require(try relay.outlook(of: sagas[1]))
        try store.write { _ = try manager.decide(.skip, outlook, in: $0) }
        try store.read { (transaction: any Transaction) throws in
            func list(
                after last: SagaReference? = nil, limit: Int = 9, unendedOnly: Bool = false
            ) throws -> [String] {
                try Sagas.all(
                    ofType: "TestSaga", after: last, limit: limit, unendedOnly: unendedOnly,
                    in: transaction
                ).map(\.name)
            }
            #expect(try list() == ["TestSaga:1", "TestSaga:2", "TestSaga:3"])
            #expect(try list(after: sagas[0], limit: 1) == ["TestSaga:2"])
            #expect(try list(unendedOnly: true) == ["TestSaga:1", "TestSaga:3"])
            #expect(try Sagas.exists(sagas[0], in: transaction))
            let other = SagaReference(type: "TestSaga", id: "4")
            #expect(try !Sagas.exists(other, in: transaction))
        }
    }

    @Test func `a saga's name is read as it is written`() {
        let saga = SagaReference(type: "BookTrip", id: "a:b")
        #expect(saga.name == "BookTrip:a:b")
        #expect(SagaReference(name: saga.name) == saga)
        for text in ["", ":", "BookTrip", "BookTrip:", ":1"] {
            #expect(SagaReference(name: text) == nil, "\(text)")
        }
    }

    @Test func `messages are found by correlation, and no other's`() throws {
        let ids = try (1...3).map { _ in
            try store.write { transaction in
                // The second belongs to the chain of the first.
                try (1...2).map { _ in
                    try transaction.publish(SagaEnded(how: "well"), about: "x")
                }
            }
        }
        _ = try store.write { try $0.execute("UPDATE message SET published = 1 WHERE id = 3") }
        try store.read { (transaction: any Transaction) throws in
            let outbox = Outbox(transaction)
            for pair in ids {
                #expect(
                    try outbox.messages(correlationID: pair[0].description).map(\.id) == pair)
                #expect(
                    try outbox.messages(correlationID: pair[1].description).isEmpty)
            }
            #expect(
                try outbox.messages(correlationID: "test:3", pendingOnly: true).map(\.id)
                    == [ids[1][1]])
            #expect(
                try outbox.messages(
                    ofType: "SagaEnded", destination: "Saga", partitionID: "x", after: 2, limit: 2
                ).map(\.id) == ids[1])
        }
    }
}
