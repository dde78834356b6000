import Testing
import Tram
import TramSQLite

/// Rows of a saga that were edited by hand.
@Suite struct SagaInspectionTests {
    let store: SQLiteStore
    let manager: SagaManager<TestSaga>

    init() throws {
        store = try SQLiteStore(
            inMemory: "test",
            schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas))
        manager = try SagaManager(TestSaga(.remote(1)), id: "test")
        _ = try store.write { try manager.start(TestSaga.Data(), in: $0) }
    }

    private func inspect(_ id: String = "1") throws -> SagaInspection {
        try store.read { try manager.inspect(id, in: $0) }
    }

    private func spoil(_ assignment: String) throws {
        _ = try store.write {
            try $0.execute(SQL(unsafeText: "UPDATE saga_instance SET \(assignment)"))
        }
    }

    @Test func `a sound saga is shown whole`() throws {
        let saga = try inspect()
        #expect(saga.damage == [])
        #expect(saga.overview?.state == .running(step: "step 1"))
        #expect(saga.overview?.lastRequest == MessageID("test:1"))
        #expect(saga.log.map(\.event) == [.started, .requested])
    }

    @Test func `each column that cannot be read is named`() throws {
        try spoil("last_request_id = '', executed_steps = 'x', saga_data_json = '{'")
        let saga = try inspect()
        #expect(
            saga.damage == [
                "the column last_request_id holds ''", "the column executed_steps holds 'x'",
                "the column saga_data_json holds '{'",
            ])
        #expect(saga.overview?.state == .running(step: "step 1"), "this one can be read")
        #expect(saga.overview?.lastRequest == nil)
        let damage = #expect(throws: SagaDamage.self) {
            try store.read { try manager.instance("1", in: $0) }
        }
        #expect(damage?.saga == SagaReference(type: "TestSaga", id: "1"))
    }

    @Test func `without its state there is no overview, and the log is there`() throws {
        try spoil("state_name = 'x'")
        let saga = try inspect()
        #expect(saga.overview == nil)
        #expect(saga.log.count == 2)
        #expect(throws: SagaDamage.self) {
            try store.read { try Sagas.overview(of: saga.reference, in: $0) }
        }
    }

    @Test func `a long text is quoted in part`() throws {
        try spoil("state_name = '\(String(repeating: "x", count: 5000))'")
        #expect(try inspect().damage.allSatisfy { $0.count < 200 })
    }

    @Test func `a saga that is not there has no row`() throws {
        let saga = try inspect("7")
        #expect(saga.damage == ["it has no row in saga_instance"])
        #expect(saga.overview == nil)
        #expect(saga.log.isEmpty)
    }

    @Test func `an entry of the log that cannot be read is left out of it`() throws {
        _ = try store.write {
            try $0.execute("UPDATE saga_log SET event = 'exploded' WHERE event = 'requested'")
        }
        let saga = try inspect()
        #expect(saga.log.map(\.event) == [.started])
        #expect(saga.damage == ["row 2 of saga_log holds the event 'exploded'"])
        #expect(throws: SagaDamage.self) {
            try store.read { try Sagas.log(of: saga.reference, in: $0) }
        }
    }
}
