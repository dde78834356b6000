import TestSupport
import Testing
import Tram
import TramSQLite

/// A program that has a store open neither writes nor reads what a newer one has made of it.
@Suite struct VersionTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("test.db")
    }

    private func store(_ schema: Schema = TestStore.schema) -> SQLiteStore {
        SQLiteStore(name: "test", path: path, schema: schema)
    }

    @Test(arguments: [
        6001,  // The library's tables are newer.
        5002,  // The application's are.
        3002,  // The application's are, though the library's are older.
    ])
    func `a store that became newer while it was open is not written`(version: Int) throws {
        try store().create()
        let store = store()
        try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        try tamper(with: path, "PRAGMA user_version = \(version)")
        let error = StoreError.tooNew(path: path, version: version, supported: 5001)
        for _ in 1...2 {
            #expect(throws: error) {
                try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
            }
            #expect(throws: error) { try store.read { _ in } }
            #expect(throws: error) { try store.batch { try store.write { _ in } } }
        }
        // Back again, it goes on.
        try tamper(with: path, "PRAGMA user_version = 5001")
        try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (3)") }
        let count: Int = try store.read { try $0.rows("SELECT count(*) FROM item")[0].values() }
        #expect(count == 2)
    }

    @Test func `a store that became older while it was open is opened anew`() throws {
        try store().create()
        let store = store()
        try store.write { _ in }
        try tamper(with: path, "PRAGMA user_version = 3001")
        #expect(throws: StoreError.moved(path: path)) { try store.write { _ in } }
    }

    @Test func `a service appends migrations of its own, apart from the library's`() throws {
        try store().create()
        let second = Schema(
            applicationID: 42, library: LibraryTables.messaging,
            migrations: TestStore.schema.migrations + [["CREATE TABLE more (x INTEGER) STRICT"]])
        #expect(second.version.number == TestStore.schema.version.number + 1)
        try store(second).write { _ = try $0.execute("INSERT INTO more VALUES (1)") }
        #expect(
            throws: StoreError.tooNew(
                path: path, version: second.version.number,
                supported: TestStore.schema.version.number)
        ) { try store().openForReading() }
    }

    @Test func `the library appends migrations of its own, apart from the service's`() throws {
        try store().create()
        let second = Schema(
            applicationID: 42,
            library: LibraryTables.messaging + [["CREATE TABLE library_table (x INTEGER) STRICT"]],
            migrations: TestStore.schema.migrations)
        #expect(second.version.number == TestStore.schema.version.number + 1000)
        try store(second).write { _ = try $0.execute("INSERT INTO library_table VALUES (1)") }
        #expect(
            throws: StoreError.tooNew(
                path: path, version: second.version.number,
                supported: TestStore.schema.version.number)
        ) { try store().openForReading() }
    }
}
