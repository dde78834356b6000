import Foundation
import TestSupport
import Testing
import Tram
import TramSQLite
import TramTesting

/// The kinds of store that must keep the contract. A new kind is a new case here.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case file, memory

    var testDescription: String { rawValue }

    static let schema = Schema(
        applicationID: 42, library: LibraryTables.messaging,
        migrations: [Migration(StoreContract.tables)])

    /// Runs `body` on a new store.
    func check(_ body: (StoreContract.Subject) throws -> Void) throws {
        switch self {
        case .memory: try body(.init(InMemoryStore("test", schema: Self.schema)))
        case .file:
            let directory = try TemporaryDirectory()
            func open() throws -> SQLiteStore {
                let store = SQLiteStore(
                    name: "test", path: directory.file("test.db"), schema: Self.schema,
                    lockTimeout: .milliseconds(50))
                try store.create()
                return store
            }
            try body(.init(open(), other: open()))
        }
    }
}

/// What every kind of store promises.
@Suite struct StoreContractTests {
    @Test(arguments: StoreKind.allCases, StoreContract.promises)
    func `every kind of store keeps the contract`(
        kind: StoreKind, promise: StoreContract.Promise
    ) throws {
        try kind.check(promise.check)
    }

    @Test func `a batch of a file waits for the disk once`() throws {
        let test = try TestStore(.file)
        var commits = 0
        test.store.observer = { _ in commits += 1 }
        try test.store.batch {
            for number in 1...3 { try test.store.write { try test.add(number, in: $0) } }
        }
        #expect(commits == 1)
        #expect(try test.numbers() == [1, 2, 3])
    }

    @Test(arguments: StoreKind.allCases)
    func `texts may hold any character`(kind: StoreKind) throws {
        try kind.check { test in
            let back: String = try test.store.read { transaction in
                let text: String = try transaction.rows("SELECT \("nul\0inside")")[0].values()
                return text
            }
            #expect(back == "nul\0inside")
        }
    }
}

/// A store that breaks its promises is found.
@Suite struct BrokenStoreTests {
    /// A store that commits what it should undo, and whose rehearsals are real.
    final class Careless: SharedStore {
        private let store: InMemoryStore

        init() throws {
            store = try InMemoryStore("careless", schema: StoreKind.schema)
        }

        var name: String { store.name }

        func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
            try store.write { transaction in Swift.Result { try body(transaction) } }.get()
        }

        func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
            try store.read(body)
        }

        func rehearse<Result>(_ body: () throws -> Result) throws -> Result { try body() }
        func batch<Result>(_ body: () throws -> Result) throws -> Result { try body() }
        func dataVersion() -> Int { 0 }
        func excludeWriters() -> (any WritersExclusion)? { nil }
    }

    @Test func `the promises that it breaks are named`() throws {
        let broken = StoreContract.promises.filter { promise in
            do {
                try promise.check(StoreContract.Subject(Careless()))
                return false
            } catch {
                return true
            }
        }
        #expect(
            broken.map(\.description) == [
                "nothing of a transaction is there when its body throws",
                "rehearsals see their own writes, nest, and leave nothing",
                "an error in a rehearsal is passed on, and leaves nothing",
                "a batch is one transaction, of which each part stands or falls alone",
                "a transaction inside another one is refused, and disturbs nothing",
            ])
    }
}

/// What can be bound to a statement, and read back.
@Suite struct ValueTests {
    /// Binds a value to a statement, and reads it back.
    private func roundTrip<Value: SQLConvertible & Equatable>(_ value: Value) throws -> Value {
        let store = try InMemoryStore("test", schema: StoreKind.schema)
        return try store.read { transaction in
            let back: Value = try transaction.rows("SELECT \(value)")[0].values()
            return back
        }
    }

    @Test func `each type comes back as it was bound`() throws {
        for flag in [true, false] { #expect(try roundTrip(flag) == flag) }
        for number in [0, -0.1, .pi, .infinity, .greatestFiniteMagnitude, 1e-300] {
            #expect(try roundTrip(number) == number)
        }
        for bytes in [Data(), Data([0]), Data((0...255).map { UInt8($0) })] {
            #expect(try roundTrip(bytes) == bytes)
        }
        let id = UUID()
        #expect(try roundTrip(id) == id)
        for milliseconds in [0, -1, 1_577_880_295_612, 253_402_300_799_999] {
            let time = Timestamp(milliseconds: Int64(milliseconds))
            #expect(try roundTrip(time) == time)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(try roundTrip(date) == date)
        }
        #expect(try roundTrip(Data?.none) == nil)
        #expect(try roundTrip(Int64.max) == .max)
    }

    @Test func `they come back from the columns that are made for them`() throws {
        let store = try InMemoryStore(
            "test",
            schema: Schema(
                applicationID: 42,
                migrations: [["CREATE TABLE v (b INTEGER, d REAL, x BLOB, u TEXT) STRICT"]]))
        let id = UUID()
        try store.write { transaction in
            try transaction.execute(
                "INSERT INTO v VALUES (\(true), \(2.0), \(Data([1, 2])), \(id))")
            let (flag, number, bytes, back): (Bool, Double, Data, UUID) = try transaction.rows(
                "SELECT b, d, x, u FROM v")[0].values()
            #expect(flag && number == 2 && bytes == Data([1, 2]) && back == id)
        }
    }

    @Test func `what is none of a type is not read as one`() throws {
        let store = try InMemoryStore("test", schema: StoreKind.schema)
        func expectRefused<Value: SQLConvertible>(_ type: Value.Type, _ value: SQLValue) throws {
            #expect(throws: StoreError.self) {
                try store.read { transaction in
                    let _: Value = try transaction.rows("SELECT \(value)")[0].values()
                }
            }
        }
        try expectRefused(Bool.self, .integer(2))
        try expectRefused(Bool.self, .text("true"))
        try expectRefused(Double.self, .text("1.5"))
        try expectRefused(Double.self, .integer(.max))
        try expectRefused(UUID.self, .text("no id"))
        try expectRefused(Data.self, .text("text"))
        try expectRefused(String.self, .blob([0x61]))
        try expectRefused(Date.self, .real(0.5))
        try expectRefused(Int.self, .real(1))
        #expect(Date.distantFuture.sqlValue != .null)
    }

    @Test func `what a store would keep as NULL fails at the statement`() throws {
        let store = try InMemoryStore("test", schema: StoreKind.schema)
        let tooFar = Date(timeIntervalSince1970: 1e300)
        for value in [Double.nan, -.nan, tooFar, Date(timeIntervalSince1970: .nan)]
            as [any SQLConvertible]
        {
            #expect {
                try store.read { _ = try $0.rows("SELECT \(value.sqlValue)") }
            } throws: {
                "\($0)".hasPrefix("value 1 is not a number, or a date that is too far away")
            }
        }
        #expect(throws: Never.self) {
            try store.read { _ = try $0.rows("SELECT \(Double.infinity)") }
        }
    }
}

/// A store with a table `item (number, text)`, unique by number.
struct TestStore {
    let store: SQLiteStore
    private let directory: TemporaryDirectory?

    static let schema = Schema(
        applicationID: 42,
        library: LibraryTables.messaging,
        migrations: [["CREATE TABLE item (number INTEGER PRIMARY KEY, text TEXT) STRICT"]])

    init(_ kind: StoreKind) throws {
        switch kind {
        case .memory:
            directory = nil
            store = try SQLiteStore(
                inMemory: "test", schema: Self.schema, clock: fixedClock)
        case .file:
            let directory = try TemporaryDirectory()
            self.directory = directory
            store = SQLiteStore(
                name: "test", path: directory.file("test.db"), schema: Self.schema,
                clock: fixedClock)
            try store.create()
        }
    }

    func add(_ number: Int, in transaction: any Transaction) throws {
        try transaction.execute("INSERT INTO item (number) VALUES (\(number))")
    }

    func numbers() throws -> [Int] {
        try store.read {
            try $0.rows("SELECT number FROM item ORDER BY number").map {
                let number: Int = try $0.values()
                return number
            }
        }
    }
}
