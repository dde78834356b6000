import Platform
import TestSupport
import Testing
import Tram
import TramSQLite

/// What stores of SQLite refuse, besides what every kind of store does.
@Suite struct MisuseContractTests {
    @Test func `a nested transaction does not free the writers' lock`() throws {
        let test = try TestStore(.file)
        let lock = try FileLock(path: test.store.path + "-lock")
        for nested in [
            { try test.store.write { _ in } }, { try test.store.rehearse {} },
            { try test.store.checkpoint() },
            { try ConsistentView.read([test.store]) { _ in } },
        ] as [() throws -> Void] {
            try test.store.write { (_) throws in
                #expect(throws: StoreError.nested(service: "test")) { try nested() }
                #expect(try !lock.acquire(waitingAtMost: 0))
            }
        }
        #expect(try lock.acquire(waitingAtMost: 0))
    }

    @Test(
        arguments: StoreKind.allCases,
        ["COMMIT", "ROLLBACK", "PRAGMA page_count", "ATTACH ':memory:' AS x", "SAVEPOINT x"])
    func `a statement that decides about the transaction is refused`(
        kind: StoreKind, text: String
    ) throws {
        let test = try TestStore(kind)
        let sql = SQL(unsafeText: text)
        try test.store.write { transaction in
            try test.add(1, in: transaction)
            // Also when it was refused before, and when a body hides that.
            for _ in 1...2 {
                #expect(throws: StoreError.forbidden(sql: text)) { try transaction.execute(sql) }
            }
            try test.add(2, in: transaction)
        }
        #expect(throws: StoreError.forbidden(sql: text)) {
            try test.store.read { _ = try $0.rows(sql) }
        }
        #expect(try test.numbers() == [1, 2])
    }

    @Test(arguments: StoreKind.allCases)
    func `the store's own statements are not a body's`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { transaction in
            // The store has prepared this one before.
            try transaction.savepoint {}
            #expect(throws: StoreError.forbidden(sql: "SAVEPOINT tram")) {
                try transaction.execute("SAVEPOINT tram")
            }
            #expect(throws: StoreError.forbidden(sql: "RELEASE tram")) {
                try transaction.execute("RELEASE tram")
            }
        }
    }
}
