import Synchronization
import TestSupport
import Testing
import Tram
import TramSQLite

/// Sagas that the application knows by a key.
@Suite struct BusinessKeyTests {
    private func store(_ directory: TemporaryDirectory) throws -> SQLiteStore {
        let store = SQLiteStore(
            name: "sagas", path: directory.file("sagas.db"),
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [["CREATE TABLE note (text TEXT) STRICT"]]),
            clock: fixedClock)
        try store.create()
        return store
    }

    private func manager(_ steps: Step<TestSaga.Data>...) throws -> SagaManager<TestSaga> {
        try SagaManager(TestSaga(steps: steps), id: "sagas")
    }

    private func key(_ store: SQLiteStore) throws -> [String?] {
        try store.read {
            try $0.rows("SELECT business_key FROM saga_instance ORDER BY id").map {
                let key: String? = try $0.values()
                return key
            }
        }
    }

    @Test func `whoever starts twice with one key gets one saga`() throws {
        let directory = try TemporaryDirectory()
        let manager = try manager(.remote(1))
        let store = try store(directory)
        let first = try store.write {
            try manager.start(TestSaga.Data(notes: ["first"]), key: "order-7", in: $0)
        }
        #expect(first.isNew)
        // Also another process, and when the saga has ended.
        let again = try self.store(directory).write {
            try manager.start(TestSaga.Data(notes: ["again"]), key: "order-7", in: $0)
        }
        #expect(again.reference == first.reference && !again.isNew)
        let instance = try store.read { try manager.instance("1", in: $0) }
        #expect(instance?.data.notes == ["first"])
        #expect(try store.read { try Outbox($0).count() } == 1)
        let other = try store.write {
            try manager.start(TestSaga.Data(), key: "order-8", in: $0)
        }
        #expect(other.isNew && other.reference != first.reference)
        for _ in 1...2 {
            try store.write { _ = try manager.start(TestSaga.Data(), in: $0) }
        }
        #expect(try key(store) == ["order-7", "order-8", nil, nil])
        #expect(throws: SagaError.emptyKey) {
            try store.write { _ = try manager.start(TestSaga.Data(), key: "", in: $0) }
        }
    }

    @Test func `a key belongs to the sagas of one type`() throws {
        struct Other: Saga {
            static let sagaType = "Other"
            struct Data: Codable, Sendable {}
            var steps: [Step<Data>] { [Step("only").invokeLocal { _, _ in }] }
        }
        let directory = try TemporaryDirectory()
        let store = try store(directory)
        let (one, other) = (try manager(.remote(1)), try SagaManager(Other(), id: "other"))
        let starts = try store.write {
            [
                try one.start(TestSaga.Data(), key: "7", in: $0),
                try other.start(Other.Data(), key: "7", in: $0),
            ]
        }
        #expect(starts.map(\.isNew) == [true, true])
    }

    @Test func `many that start with one key at once make one saga`() throws {
        let directory = try TemporaryDirectory()
        let made = try store(directory)
        let starts = Mutex<[SagaStart]>([])
        inParallel(8) { _ in
            do {
                let (store, manager) = (try store(directory), try manager(.remote(1)))
                let start = try store.write {
                    try manager.start(TestSaga.Data(), key: "k", in: $0)
                }
                starts.withLock { $0.append(start) }
            } catch { Issue.record(error) }
        }
        let all = starts.withLock { $0 }
        #expect(all.count == 8)
        #expect(all.filter(\.isNew).count == 1)
        #expect(Set(all.map(\.reference)).count == 1)
        #expect(try made.read { try Outbox($0).count() } == 1)
    }

    @Test func `a key is free again when its saga was purged`() throws {
        let directory = try TemporaryDirectory()
        let store = try store(directory)
        let manager = try manager(.local("one"))
        try store.write { transaction in
            #expect(try manager.start(TestSaga.Data(), key: "k", in: transaction).isNew)
            #expect(try !manager.start(TestSaga.Data(), key: "k", in: transaction).isNew)
            try transaction.execute("DELETE FROM saga_instance")
            #expect(try manager.start(TestSaga.Data(), key: "k", in: transaction).isNew)
        }
    }
}
