import Platform
import TestSupport
import Testing
import Tram

@testable import TramSQLite

/// How long a store waits for other processes.
@Suite struct WaitingTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["one", "two"] {
            try SQLiteStore(name: name, path: path(name), schema: TestStore.schema).create()
        }
    }

    private func path(_ name: String) -> String { directory.file(name + ".db") }

    private func store(_ name: String, _ patience: Patience) -> SQLiteStore {
        SQLiteStore(name: name, path: path(name), schema: TestStore.schema, patience: patience)
    }

    private func hold(_ name: String) throws -> FileLock {
        let lock = try FileLock(path: path(name) + "-lock")
        try #require(try lock.acquire(waitingAtMost: 0))
        return lock
    }

    /// How long it takes to be told that the store is busy, in milliseconds.
    private func timeUntilBusy(_ store: SQLiteStore) -> Int64 {
        let start = MonotonicTime.now()
        let error = #expect(throws: StoreError.self) { try store.write { _ in } }
        #expect(error == .busy(path: store.path, waited: .milliseconds(400)))
        return MonotonicTime.now() - start
    }

    @Test func `stores that share their patience wait once, also for SQLite's own locks`() throws {
        let patience = Patience(milliseconds: 400)
        let (one, two) = (store("one", patience), store("two", patience))
        try one.openForWriting()
        try two.openForWriting()
        let lock = try hold("one")
        var foreign: ForeignWriter? = try ForeignWriter(path("two"))
        #expect(foreign != nil)
        let first = timeUntilBusy(one)
        #expect((400..<4000).contains(first))
        #expect(timeUntilBusy(two) < 300)
        // The other way round.
        patience.renew()
        #expect((400..<4000).contains(timeUntilBusy(two)))
        #expect(timeUntilBusy(one) < 300)
        foreign = nil
        // What is committed lets it begin anew.
        try two.write { _ = try $0.execute("INSERT INTO item (number) VALUES (1)") }
        #expect((400..<4000).contains(timeUntilBusy(one)))
        lock.release()
    }

    @Test func `a store by itself has its whole patience for every transaction`() throws {
        let store = SQLiteStore(
            name: "one", path: path("one"), schema: TestStore.schema,
            lockTimeout: .milliseconds(400))
        let lock = try hold("one")
        for _ in 1...2 { #expect((400..<4000).contains(timeUntilBusy(store))) }
        lock.release()
        try store.write { _ in }
    }
}
