import Foundation
import Platform
import Synchronization
import TestSupport
import Testing
import Tram

@testable import TramSQLite

/// The traps of SQLite that cost messages, each set off on purpose.
@Suite struct TrapTests {
    @Test func `an error that ends the transaction is not survived by swallowing it`() throws {
        let test = try TestStore(.file)
        try test.fill()
        #expect(throws: StoreError.full(path: test.store.path)) {
            try test.store.write { transaction in
                try test.add(1, in: transaction)
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
        #expect {
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                // What a full disk does to a transaction, without the disk.
                _ = try? transaction.execute("INSERT OR ROLLBACK INTO item (number) VALUES (1)")
            }
        } throws: { error in
            if case .undone = error as? StoreError { true } else { false }
        }
        #expect(try test.numbers() == [])
    }

    @Test func `every writer holds the lock beside the store`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        let store = SQLiteStore(
            name: "test", path: path, schema: TestStore.schema, lockTimeout: .milliseconds(30))
        try store.create()
        let lock = try FileLock(path: path + "-lock")
        try #require(try lock.acquire(waitingAtMost: 0))
        #expect(throws: StoreError.busy(path: path, waited: .milliseconds(30))) {
            try store.write { _ in }
        }
        #expect(throws: StoreError.busy(path: path, waited: .milliseconds(30))) {
            try store.rehearse {}
        }
        try store.read { _ in }
        lock.release()
        try store.write { transaction in
            try transaction.execute("INSERT INTO item (number) VALUES (1)")
            #expect(try !lock.acquire(waitingAtMost: 0))
        }
        #expect(try lock.acquire(waitingAtMost: 0), "it is free again after the commit")
    }

    @Test func `two writers of one file queue, and none fails`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        let first = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        let second = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        try first.create()
        try second.openForWriting()
        try first.write { transaction in
            try transaction.execute("INSERT INTO item (number) VALUES (1)")
            // In the same thread it would wait for itself.
            let refusal = Mutex<StoreError?>(nil)
            inParallel(1) { _ in
                let third = SQLiteStore(
                    name: "test", path: path, schema: TestStore.schema,
                    lockTimeout: .milliseconds(30))
                do {
                    try third.write { _ in }
                } catch {
                    refusal.withLock { $0 = error as? StoreError }
                }
            }
            #expect(
                refusal.withLock(\.self) == .busy(path: path, waited: .milliseconds(30)))
            // Readers do not wait, and see the last commit.
            let seen: Int = try second.read { try $0.rows("SELECT count(*) FROM item")[0].values() }
            #expect(seen == 0)
        }
        try second.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
    }

    @Test func `a write transaction keeps other programs out from its beginning`() throws {
        let test = try TestStore(.file)
        try test.store.write { transaction in
            // Only reading so far: one that began as a reader would let the other commit, and fail.
            _ = try transaction.rows("SELECT count(*) FROM item")
            #expect(throws: (any Error).self) {
                try tamper(with: test.store.path, "INSERT INTO item (number) VALUES (2)")
            }
            try test.add(1, in: transaction)
        }
        #expect(try test.numbers() == [1])
    }

    @Test func `a file that was deleted or replaced under the store is not written into`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        let store = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        try store.create()
        try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        // By another process: this one would drop its own locks.
        let moved = try ChildProcess("mv", [path, path + ".away"]).wait()
        try #require(moved.status == 0)
        #expect(throws: StoreError.moved(path: path)) {
            try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
        }
        #expect(throws: StoreError.missing(path: path)) { try store.write { _ in } }
        // What is there afterwards is opened anew.
        let back = try ChildProcess("mv", [path + ".away", path]).wait()
        try #require(back.status == 0)
        let count: Int = try store.read { try $0.rows("SELECT count(*) FROM item")[0].values() }
        #expect(count == 1)
    }

    @Test func `an error that ends the transaction ends the whole batch`() throws {
        let test = try TestStore(.file)
        try test.fill()
        #expect(throws: StoreError.full(path: test.store.path)) {
            try test.store.batch {
                try test.store.write { try test.add(1, in: $0) }
                try? test.store.write { transaction in
                    let text = String(repeating: "x", count: 100_000)
                    try transaction.execute(
                        "INSERT INTO item (number, text) VALUES (2, \(text))")
                }
                // Outside a transaction this would be committed by itself.
                try? test.store.write { try test.add(3, in: $0) }
            }
        }
        #expect(try test.numbers() == [])
    }

    @Test func `the data version tells of others' commits, and not of one's own`() throws {
        let test = try TestStore(.file)
        let other = SQLiteStore(
            name: "test", path: test.store.path, schema: TestStore.schema, clock: fixedClock)
        let before = try test.store.dataVersion()
        try test.store.write { try test.add(1, in: $0) }
        #expect(try test.store.dataVersion() == before)
        try other.write { try test.add(2, in: $0) }
        let after = try test.store.dataVersion()
        #expect(after != before)
        #expect(try test.store.dataVersion() == after)
    }

    @Test func `closing a store copies no log`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.db")
        do {
            let store = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
            try store.create()
            try store.write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        }
        #expect(try #require(try Files.size(of: path + "-wal")) > 0)
        let store = SQLiteStore(name: "test", path: path, schema: TestStore.schema)
        let count: Int = try store.read { try $0.rows("SELECT count(*) FROM item")[0].values() }
        #expect(count == 1)
    }

    @Test func `a writer is as durable as it must be`() throws {
        let test = try TestStore(.file)
        let names = ["journal_mode", "synchronous", "foreign_keys", "trusted_schema"]
        let settings = try test.store.write { transaction in
            try names.map {
                try transaction.rows(SQL(unsafeText: "SELECT * FROM pragma_\($0)"))[0].columns[0]
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
        try ConsistentView.read(stores.map(\.store)) { views in
            try writer.write { _ = try $0.execute("INSERT INTO item (number) VALUES (2)") }
            let count: Int = try views[0].rows("SELECT count(*) FROM item")[0].values()
            #expect(count == 1)
        }
        #expect(try stores[0].numbers() == [1, 2])
    }

    @Test func `damage inside a file is found`() throws {
        let test = try TestStore(.file)
        #expect(try test.store.read(fileDamage) == [])
        try tamper(
            with: test.store.path,
            "PRAGMA ignore_check_constraints = ON; "
                + "INSERT INTO message_purge VALUES (1, 1, -1, 0); "
                + "INSERT INTO delivery_failure VALUES (99, 'x', 1, 'x')")
        #expect(
            try test.store.read(fileDamage) == [
                "CHECK constraint failed in message_purge",
                "a row of delivery_failure refers to a row of message that is not there",
            ])
    }

    @Test func `a literal of two statements is refused, not half run`() throws {
        let test = try TestStore(.memory)
        #expect(throws: StoreError.self) {
            try test.store.write {
                _ = try $0.execute(
                    "INSERT INTO item (number) VALUES (1); INSERT INTO item (number) VALUES (2)")
            }
        }
        #expect(try test.numbers() == [])
    }

    @Test func `racing openers migrate once, and none takes another's work for damage`() throws {
        let directory = try TemporaryDirectory()
        for round in 1...20 {
            let path = directory.file("\(round).db")
            let problems = Mutex<[String]>([])
            let group = DispatchGroup()
            for _ in 1...4 {
                group.enter()
                Thread.detachNewThread {
                    defer { group.leave() }
                    do {
                        try SQLiteStore(name: "test", path: path, schema: TestStore.schema).create()
                    } catch {
                        problems.withLock { $0.append("\(error)") }
                    }
                }
            }
            group.wait()
            #expect(problems.withLock { $0 } == [])
        }
    }
}

extension TestStore {
    /// Lets the database grow no more: to its writer, that is a full disk.
    fileprivate func fill() throws {
        try store.openForWriting()
        let pages: Int? = try store.writer?.run("PRAGMA page_count").rows[0].values()
        try store.writer?.run(SQL(unsafeText: "PRAGMA max_page_count = \(pages ?? 0)"))
    }
}
