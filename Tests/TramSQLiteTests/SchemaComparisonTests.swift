import Foundation
import TestSupport
import Testing
import Tram
import TramSQLite

/// A store whose tables were found sound is not compared again, and one that was changed since is.
@Suite struct SchemaComparisonTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("test.db")
    }

    private func store(_ schema: Schema = TestStore.schema) -> SQLiteStore {
        SQLiteStore(name: "test", path: path, schema: schema)
    }

    private func digest() throws -> Int? {
        try store().read {
            let row = try $0.rows("SELECT schema_digest FROM store_identity")[0]
            let digest: Int? = try row.values()
            return digest
        }
    }

    private func expectSound(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(throws: Never.self, sourceLocation: sourceLocation) {
            try store().openForReading()
            try store().openForWriting()
        }
    }

    private func expectDamaged(
        _ object: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let detail = "its schema is not the expected one: see '\(object)'"
        for open in [SQLiteStore.openForReading, SQLiteStore.openForWriting] {
            #expect(
                throws: StoreError.damaged(path: path, detail: detail),
                sourceLocation: sourceLocation
            ) { try open(store())() }
        }
    }

    /// Replaces a part of a table's statement, as only a hand can.
    private func rewrite(_ table: String, _ part: String, by other: String) throws {
        try tamper(
            with: path,
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, '\(part)', '\(other)')
            WHERE name = '\(table)';
            PRAGMA writable_schema = OFF
            """)
    }

    @Test func `a new store knows from the beginning that it is sound`() throws {
        try store().create()
        #expect(try digest() != nil)
    }

    @Test func `what does not matter is no damage, and the next writer notes it`() throws {
        try store().create()
        let before = try digest()
        try rewrite("item", "CREATE TABLE item (", by: "CREATE TABLE \"ITEM\" /* of trade */  (")
        try tamper(with: path, "CREATE TABLE note (text); CREATE VIEW notes AS SELECT * FROM note")
        expectSound()
        #expect(try digest() == before, "a reader notes nothing")
        try store().write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        let after = try digest()
        #expect(after != before)
        try store().write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
        #expect(try digest() == after)
    }

    @Test func `what is undone has noted nothing`() throws {
        struct Stop: Error {}
        try store().create()
        let before = try digest()
        try tamper(with: path, "CREATE TABLE note (text)")
        let store = store()
        #expect(throws: Stop.self) { try store.write { _ in throw Stop() } }
        try store.rehearse { try store.write { _ in } }
        #expect(try digest() == before)
        try store.write { _ in }
        #expect(try digest() != before)
    }

    @Test(arguments: [
        ("item", "text TEXT", "text INT"), ("message", "DEFAULT 0", "DEFAULT 1"),
        ("message_published_idx", "(id, aside)", "(id)"),
    ])
    func `a change that does not raise the counter of schemas is found`(
        object: String, part: String, other: String
    ) throws {
        try store().create()
        try rewrite(object, part, by: other)
        expectDamaged(object)
    }

    @Test func `a change after the digest was noted is found, and its undoing, too`() throws {
        try store().create()
        try tamper(with: path, "DROP TABLE item; CREATE TABLE item (number INTEGER PRIMARY KEY)")
        expectDamaged("item")
        try tamper(
            with: path,
            "DROP TABLE item; create table item(number integer primary key,text text) strict")
        expectSound()
        try tamper(
            with: path, "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END")
        #expect(throws: StoreError.damaged(path: path, detail: "it has a trigger, 't'")) {
            try store().openForReading()
        }
    }

    @Test func `a store that has forgotten its digest is compared`() throws {
        try store().create()
        try tamper(with: path, "UPDATE store_identity SET schema_digest = NULL")
        expectSound()
        try tamper(with: path, "UPDATE store_identity SET schema_digest = NULL; DROP TABLE item")
        expectDamaged("item")
        try tamper(with: path, "DROP TABLE store_identity")
        expectDamaged("store_identity")
    }

    @Test func `a copy, and a file that was written anew, are known to be sound`() throws {
        try store().create()
        let before = try digest()
        try tamper(with: path, "VACUUM")
        #expect(try digest() == before)
        // If it were compared, a program of other statements would find it sound only by comparing.
        try store().write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        #expect(try digest() == before)
        let copy = directory.file("copy.db")
        try store().read { try store().copy($0, to: copy) }
        let copied = SQLiteStore(name: "test", path: copy, schema: TestStore.schema)
        try copied.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
        let row = try copied.read { try $0.rows("SELECT schema_digest FROM store_identity")[0] }
        let copiedDigest: Int? = try row.values()
        #expect(copiedDigest == before)
    }

    @Test func `another program's statements are compared, though they make the same tables`()
        throws
    {
        try store().create()
        let before = try digest()
        let other = Schema(
            applicationID: 42, library: LibraryTables.messaging,
            migrations: [
                ["CREATE TABLE item (number INTEGER PRIMARY KEY,  text TEXT) STRICT"]
            ])
        try store(other).write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        #expect(try digest() != before)
        let wrong = Schema(
            applicationID: 42, library: LibraryTables.messaging,
            migrations: [["CREATE TABLE item (number INTEGER PRIMARY KEY, text ANY) STRICT"]])
        #expect(throws: StoreError.self) { try store(wrong).openForReading() }
    }

    @Test func `a table that was changed is as good as one that was made so`() throws {
        func schema(_ statements: [String]) -> Schema {
            Schema(
                applicationID: 42, library: LibraryTables.messaging,
                migrations: [Migration(statements)])
        }
        let changed = schema([
            "CREATE TABLE a (x INTEGER) STRICT", "ALTER TABLE a ADD COLUMN y  TEXT",
            "ALTER TABLE a RENAME TO b", "ALTER TABLE b RENAME COLUMN x TO z",
        ])
        try store(changed).create()
        try store(schema(["CREATE TABLE b (z INTEGER, y TEXT) STRICT"])).openForWriting()
        #expect(throws: StoreError.self) {
            try store(schema(["CREATE TABLE b (z INTEGER, y TEXT)"])).openForWriting()
        }
    }

    @Test func `a store of the service's own tables only is compared as ever`() throws {
        let schema = Schema(applicationID: 42, migrations: [["CREATE TABLE a (x INTEGER) STRICT"]])
        try store(schema).create()
        try store(schema).write { _ = try $0.execute("INSERT INTO a VALUES (1)") }
        try tamper(with: path, "DROP TABLE a")
        let detail = "its schema is not the expected one: see 'a'"
        #expect(throws: StoreError.damaged(path: path, detail: detail)) {
            try store(schema).openForReading()
        }
    }
}
