import Foundation
import TestSupport
import Testing
import Tram

@testable import TramSQLite

/// A thread that would wait for itself, or tear two stores apart, is told at once.
@Suite struct OpenWritesTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["one", "two"] { try store(name).create() }
    }

    private func store(_ name: String, path: String? = nil) -> SQLiteStore {
        SQLiteStore(
            name: name, path: path ?? directory.file(name + ".db"), schema: TestStore.schema,
            lockTimeout: .seconds(30))
    }

    private func add(_ transaction: any Transaction) throws {
        try transaction.execute(
            "INSERT INTO item (number) SELECT coalesce(max(number), 0) + 1 FROM item")
    }

    private func count(_ name: String) throws -> Int {
        try store(name).read { try $0.rows("SELECT count(*) FROM item")[0].values() }
    }

    @Test func `a store that is opened a second time does not wait for itself`() throws {
        let link = directory.file("link.db")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: directory.file("one.db"))
        let nested = StoreError.nested(service: "one")
        let start = ContinuousClock.now
        for second in [store("one"), store("one", path: link)] {
            let first = store("one")
            let waits: [() throws -> Void] = [
                { try second.write { _ in } }, { try second.batch {} }, { try second.rehearse {} },
                { _ = try second.excludeWriters() }, { try ConsistentView.read([second]) { _ in } },
            ]
            for wait in waits {
                try first.write { transaction in
                    try add(transaction)
                    #expect(throws: nested) { try wait() }
                }
                try first.batch { _ = #expect(throws: nested) { try wait() } }
                try first.rehearse { _ = #expect(throws: nested) { try wait() } }
            }
            // What it reads is what was there before.
            let before = try count("one")
            try first.write { transaction in
                try add(transaction)
                #expect(try count("one") == before)
            }
            // Afterwards it may write, also when the first one has failed.
            try? first.write { _ in throw StoreError.transactionEnded }
            try second.write(add)
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try count("one") == 14)
    }

    @Test func `another store is not written to inside a body, and shares a commit`() throws {
        let (one, two) = (store("one"), store("two"))
        let error = StoreError.insideAnother(service: "two", outer: "one")
        try one.write { transaction in
            #expect(throws: error) { try two.write { _ in } }
            #expect(throws: error) { try two.batch {} }
            #expect(throws: error) { try two.rehearse {} }
            #expect(try two.read { try $0.hasTable("item") }, "it may be read")
            try add(transaction)
        }
        for together in [one.batch, one.rehearse] as [(() throws -> Void) throws -> Void] {
            try together {
                try two.batch {
                    try two.write(add)
                    try one.write { transaction in
                        try add(transaction)
                        #expect(throws: error) { try two.write { _ in } }
                    }
                    try one.read { _ in try two.write(add) }
                    try two.write(add)
                }
            }
        }
        #expect(try count("one") == 2)
        #expect(try count("two") == 6)
    }

    @Test func `stores in memory are told apart`() throws {
        let schema = Schema(applicationID: 1, library: LibraryTables.messaging)
        let (one, two) = try (
            SQLiteStore(inMemory: "one", schema: schema),
            SQLiteStore(inMemory: "two", schema: schema)
        )
        try one.write { _ in
            #expect(throws: StoreError.insideAnother(service: "two", outer: "one")) {
                try two.write { _ in }
            }
            #expect(throws: StoreError.nested(service: "one")) { try one.write { _ in } }
        }
        try two.write { _ in }
    }

    @Test func `another thread waits for its turn`() throws {
        let (one, two) = (store("one"), store("two"))
        try one.write(add)
        try two.write(add)
        let path = directory.file("one.db")
        inParallel(4) { _ in
            let mine = SQLiteStore(name: "one", path: path, schema: TestStore.schema)
            for _ in 1...5 {
                _ = try? mine.write {
                    try $0.execute(
                        "INSERT INTO item (number) SELECT max(number) + 1 FROM item")
                }
            }
        }
        #expect(try count("one") == 21)
    }
}
