import Platform
import TestSupport
import Testing
import Tram
import TramSQLite

/// The traps of SQLite that cost messages, each set off on purpose.
@Suite struct TrapTests {
    @Test func `an error that ends the transaction is not survived by swallowing it`() throws {
        let test = try TestStore(.file)
        // A database that may not grow any more is a full disk.
        #expect(throws: StoreError.transactionEnded) {
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                let pages: Int = try transaction.rows("PRAGMA page_count")[0].values()
                _ = try transaction.rows(SQL(unsafeText: "PRAGMA max_page_count = \(pages)"))
                do {
                    try transaction.savepoint {
                        let text = String(repeating: "x", count: 100_000)
                        try transaction.execute(
                            "INSERT INTO item (number, text) VALUES (2, \(text))")
                    }
                    Issue.record("a full store took the row")
                } catch {
                    #expect(error as? StoreError == .full(path: test.store.path))
                }
                // Outside a transaction this would be committed by itself.
                try test.add(3, in: transaction)
            }
        }
        #expect(try test.numbers() == [])
    }

    @Test func `a swallowed end of the transaction is no commit`() throws {
        let test = try TestStore(.file)
        #expect(throws: StoreError.transactionEnded) {
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                // What a full disk does to a transaction, without the disk.
                _ = try? transaction.execute("ROLLBACK")
            }
        }
        #expect(try test.numbers() == [])
    }

    @Test func `two writers of one file queue, and none fails`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        let first = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        let second = SQLiteStore(
            name: "test", path: path, schema: TestStore.schema, lockTimeout: 30)
        try first.create()
        try second.openForWriting()
        try first.write { transaction in
            try transaction.execute("INSERT INTO item (number) VALUES (1)")
            #expect(throws: StoreError.busy(path: path, waited: 30)) {
                try second.write { _ in }
            }
            // Readers do not wait, and see the last commit.
            let seen: Int = try second.read { try $0.rows("SELECT count(*) FROM item")[0].values() }
            #expect(seen == 0)
        }
        try second.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
    }

    @Test func `closing a store copies no log`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        do {
            let store = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
            try store.create()
            try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        }
        #expect(try #require(Files.size(of: path + "-wal")) > 0)
        let store = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        let count: Int = try store.read { try $0.rows("SELECT count(*) FROM item")[0].values() }
        #expect(count == 1)
    }

    @Test func `a writer is as durable as it must be`() throws {
        let test = try TestStore(.file)
        let names = ["journal_mode", "synchronous", "foreign_keys", "trusted_schema"]
        let settings = try test.store.write { transaction in
            try names.map {
                try transaction.rows(SQL(unsafeText: "PRAGMA \($0)"))[0].columns[0]
            }
        }
        #expect(settings == [.text("wal"), .integer(2), .integer(1), .integer(0)])
    }

    @Test func `a reader opens nothing for writing`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        try SQLiteStore(name: "test", path: path, schema: TestStore.schema).create()
        let reader = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        try reader.openForReading()
        #expect(throws: StoreError.self) {
            try reader.read { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        }
    }

    @Test func `one view of several stores holds while writers go on`() throws {
        let stores = try [TestStore(.file), TestStore(.file)]
        try stores[0].store.write { try stores[0].add(1, in: $0) }
        let writer = SQLiteStore(
            name: "test", path: stores[0].store.path, schema: TestStore.schema)
        try SQLiteStore.readConsistently(stores.map(\.store)) { views in
            try writer.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
            let count: Int = try views[0].rows("SELECT count(*) FROM item")[0].values()
            #expect(count == 1)
        }
        #expect(try stores[0].numbers() == [1, 2])
    }

    @Test func `damage inside a file is found`() throws {
        let test = try TestStore(.file)
        try test.store.write { try test.add(1, in: $0) }
        #expect(try test.store.read(fileDamage) == [])
    }
}
