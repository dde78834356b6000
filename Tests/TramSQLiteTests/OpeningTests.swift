import Foundation
import Platform
import TestSupport
import Testing
import Tram
import TramSQLite

/// What a store is checked for before it is changed.
@Suite struct OpeningTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("test.db")
    }

    private func store(_ schema: Schema = TestStore.schema) -> SQLiteStore {
        SQLiteStore(name: "test", path: path, schema: schema)
    }

    private func expectRefused(
        _ error: StoreError, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let before = FileManager.default.contents(atPath: path)
        for open in [SQLiteStore.openForReading, SQLiteStore.openForWriting, SQLiteStore.create] {
            #expect(throws: error, sourceLocation: sourceLocation) { try open(store())() }
        }
        #expect(
            FileManager.default.contents(atPath: path) == before, sourceLocation: sourceLocation)
    }

    @Test func `a commit is noticed also when this object begins to write after it`() throws {
        try store().create()
        let watching = store()
        let before = try watching.dataVersion()
        try store().write { _ = try $0.execute("INSERT INTO item VALUES (1, 'x')") }
        try watching.openForWriting()
        #expect(try watching.dataVersion() != before)
    }

    @Test func `a missing and an empty file are no store, and stay as they are`() throws {
        #expect(throws: StoreError.missing(path: path)) { try store().openForWriting() }
        #expect(throws: StoreError.missing(path: path)) { try store().openForReading() }
        #expect(try Files.size(of: path) == nil)
        try Files.write("", durablyTo: path)
        #expect(throws: StoreError.missing(path: path)) { try store().openForWriting() }
        #expect(try Files.size(of: path) == 0)
    }

    @Test func `a file that is no database is damaged`() throws {
        try Files.write(String(repeating: "no database ", count: 100), durablyTo: path)
        expectRefused(.damaged(path: path, detail: "file is not a database"))
    }

    @Test(arguments: [
        // The page size, the form for writing, the schema's form, the text encoding.
        (16, 2), (18, 3), (47, 5), (59, 2),
    ])
    func `a damaged field of the header is damage`(offset: UInt64, value: UInt8) throws {
        try store().create()
        try tamper(with: path, "PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: [value])
        try file.close()
        let before = FileManager.default.contents(atPath: path)
        let error = #expect(throws: StoreError.self) { try store().openForWriting() }
        guard case .damaged = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test func `another program's database is not touched`() throws {
        try tamper(with: path, "PRAGMA application_id = 7; CREATE TABLE other (x)")
        expectRefused(.foreign(path: path, applicationID: 7))
    }

    @Test func `a database without any mark is another program's too`() throws {
        try tamper(with: path, "CREATE TABLE other (x)")
        expectRefused(.foreign(path: path, applicationID: 0))
    }

    @Test func `a newer version is refused`() throws {
        try store().create()
        try tamper(with: path, "PRAGMA user_version = 9")
        expectRefused(.tooNew(path: path, version: 9, supported: 5001))
    }

    @Test func `a schema that was changed by hand is damage`() throws {
        try store().create()
        try tamper(with: path, "DROP INDEX message_published_idx")
        expectRefused(
            .damaged(
                path: path,
                detail: "its schema is not the expected one: see 'message_published_idx'"))
    }

    @Test func `a trigger that was added by hand is damage`() throws {
        try store().create()
        try tamper(
            with: path, "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END")
        expectRefused(.damaged(path: path, detail: "it has a trigger, 't'"))
    }

    @Test func `tables that were added by hand do no harm`() throws {
        try store().create()
        try tamper(with: path, "CREATE TABLE note (text)")
        try store().openForWriting()
    }

    @Test func `a new store is its owner's alone, with all files beside it`() throws {
        let before = umask(0)
        defer { umask(before) }
        let store = store()
        try store.create()
        try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        for suffix in ["", "-wal", "-shm", "-lock"] {
            var information = stat()
            try #require(stat(path + suffix, &information) == 0, "\(suffix)")
            #expect(information.st_mode & 0o777 == 0o600, "\(suffix)")
        }
    }

    @Test func `the writers' lock lies beside the file, whatever link leads there`() throws {
        try store().create()
        let link = directory.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let linked = SQLiteStore(
            name: "test", path: link, schema: TestStore.schema, lockTimeout: .milliseconds(20))
        try linked.openForWriting()
        #expect(try Files.size(of: link + "-lock") == nil)
        let lock = try FileLock(path: path + "-lock")
        #expect(try lock.acquire(waitingAtMost: 0))
        #expect(throws: StoreError.busy(path: link, waited: .milliseconds(20))) {
            try linked.write { _ in }
        }
        lock.release()
        try linked.write { _ in }
    }

    @Test func `migrations run once and in order`() throws {
        let first = Schema(applicationID: 42, migrations: [["CREATE TABLE a (x INTEGER) STRICT"]])
        let second = Schema(
            applicationID: 42,
            migrations: first.migrations + [
                ["ALTER TABLE a ADD COLUMN y INTEGER", "INSERT INTO a VALUES (1, 2)"]
            ])
        try store(first).create()
        // A reader cannot bring it up to date by itself, and lets a writer do it.
        for _ in 1...2 {
            let count: Int = try store(second).read {
                try $0.rows("SELECT count(y) FROM a")[0].values()
            }
            #expect(count == 1)
        }
        #expect(throws: StoreError.tooNew(path: path, version: 2, supported: 1)) {
            try store(first).openForReading()
        }
    }

    @Test func `a migration that fails leaves the version before it`() throws {
        let good = Schema(applicationID: 42, migrations: [["CREATE TABLE a (x INTEGER) STRICT"]])
        let bad = Schema(
            applicationID: 42,
            migrations: good.migrations + [["CREATE TABLE b (x INTEGER) STRICT", "NO SQL"]])
        try store(good).create()
        #expect(throws: StoreError.self) { try store(bad).openForWriting() }
        try store(good).openForWriting()
    }
}
