import Platform
import TestSupport
import Testing
import Tram
import TramSQLite

/// What every kind of store refuses, and what it keeps of causes.
@Suite struct MisuseContractTests {
    struct Stop: Error {}

    @Test(arguments: StoreKind.allCases)
    func `a transaction is over when its body has returned`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        let kept = [
            try test.store.write { $0 }, try test.store.read { $0 },
            try test.store.batch { try test.store.write { $0 } },
        ]
        for transaction in kept {
            for use in [
                { _ = try $0.execute("DELETE FROM item") }, { _ = try $0.rows("SELECT 1") },
                { try $0.savepoint {} }, { _ = try $0.counters() }, { _ = try $0.hasTable("item") },
                { try $0.setCounter(of: "message", to: 7) },
            ] as [(any Transaction) throws -> Void] {
                #expect(throws: StoreError.transactionOver(service: "test")) {
                    try use(transaction)
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a transaction inside another one is refused, and disturbs nothing`(
        kind: StoreKind
    ) throws {
        let test = try TestStore(kind)
        let nested = StoreError.nested(service: "test")
        func refuses() throws {
            #expect(throws: nested) { try test.store.write { _ in } }
            #expect(throws: nested) { try test.store.read { _ in } }
            #expect(throws: nested) { try test.store.rehearse {} }
        }
        try test.store.write { transaction in
            try test.add(1, in: transaction)
            try refuses()
            try test.add(2, in: transaction)
        }
        try test.store.read { _ in try refuses() }
        try test.store.rehearse {
            try test.store.write { _ in try refuses() }
            try test.store.write { try test.add(3, in: $0) }
        }
        #expect(try test.numbers() == [1, 2])
    }

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

    @Test(arguments: StoreKind.allCases)
    func `a body that reads cannot write`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { try test.add(1, in: $0) }
        #expect(throws: StoreError.self) {
            try test.store.read { _ = try $0.execute("DELETE FROM item") }
        }
        #expect(try test.numbers() == [1])
    }

    @Test(arguments: StoreKind.allCases)
    func `a cause is put back with a savepoint that is undone`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        let first = MessageCause(MessageID(service: "other", number: 1))
        let second = MessageCause(MessageID(service: "other", number: 2))
        func check(_ transaction: any Transaction) throws {
            #expect(transaction.cause == nil)
            transaction.cause = first
            try? transaction.savepoint {
                transaction.cause = second
                throw Stop()
            }
            #expect(transaction.cause == first)
            try transaction.savepoint { transaction.cause = second }
            #expect(transaction.cause == second)
        }
        try test.store.write(check)
        // A new transaction begins without one.
        try test.store.write(check)
        try test.store.batch {
            try test.store.write(check)
            try test.store.write(check)
        }
    }
}
