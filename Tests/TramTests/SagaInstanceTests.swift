import Testing
import Tram
import TramSQLite

/// What a store keeps of a saga.
@Suite struct SagaInstanceTests {
    @Test func shouldSaveAndLoad() throws {
        let store = try Self.store()
        let manager = try SagaManager(TestSaga(.remote(1), .remote(2)), id: "saga")
        let started = try store.write {
            try manager.start(TestSaga.Data(notes: ["kept"]), in: $0)
        }
        let loaded = try store.read { try manager.instance(started.reference.id, in: $0) }
        #expect(loaded?.state == .running(step: "step 1"))
        #expect(loaded?.data == TestSaga.Data(notes: ["kept"]))
        #expect(loaded?.lastRequest == MessageID(service: "sagas", number: 1))
        let columns = try store.read {
            try $0.rows(
                """
                SELECT saga_type, saga_id, state_name, last_request_id, end_state FROM saga_instance
                """)[0].columns
        }
        #expect(
            columns == [
                .text("TestSaga"), .text("1"),
                .text(
                    #"{"compensating":false,"currentlyExecuting":"step 1","endState":false,"failed":false}"#
                ),
                .text("sagas:1"), .integer(0),
            ])
    }

    @Test func shouldThrowExceptionWhenInstanceNotFound() throws {
        let store = try Self.store()
        let manager = try SagaManager(TestSaga(.remote(1)), id: "saga")
        let missing = try store.read { try manager.instance("7", in: $0)?.data }
        #expect(missing == nil)
        let gone = try store.write { try manager.start(TestSaga.Data(), in: $0).reference }
        let relay = try Relay(partOfSystem: [Service(store: store, subscribers: [manager])])
        let outlook = try #require(try relay.outlook(of: gone))
        _ = try store.write { try $0.execute("DELETE FROM saga_instance") }
        #expect(throws: SagaError.notFound(gone)) {
            try store.write { _ = try manager.decide(.retry, outlook, in: $0) }
        }
        #expect(try relay.outlook(of: gone) == nil)
    }

    static func store() throws -> SQLiteStore {
        try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas))
    }
}
