import TestSupport
import Testing
import Tram
import TramSQLite

/// The kinds of store that must keep the contract. A new kind is a new case here.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case file, memory

    var testDescription: String { rawValue }
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

/// What every kind of store promises.
@Suite struct StoreContractTests {
    struct Stop: Error {}

    @Test(arguments: StoreKind.allCases)
    func `a transaction is all there when its body returns`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        let result = try test.store.write { transaction in
            try test.add(1, in: transaction)
            try test.add(2, in: transaction)
            return "done"
        }
        #expect(result == "done")
        #expect(try test.numbers() == [1, 2])
    }

    @Test(arguments: StoreKind.allCases)
    func `nothing of a transaction is there when its body throws`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        #expect(throws: Stop.self) {
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                throw Stop()
            }
        }
        #expect(try test.numbers() == [])
        try test.store.write { try test.add(2, in: $0) }
        #expect(try test.numbers() == [2])
    }

    @Test(arguments: StoreKind.allCases)
    func `a savepoint undoes its own part only`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { transaction in
            try test.add(1, in: transaction)
            do {
                try transaction.savepoint {
                    try test.add(2, in: transaction)
                    try transaction.savepoint { try test.add(3, in: transaction) }
                    throw Stop()
                }
            } catch is Stop {}
            try transaction.savepoint { try test.add(4, in: transaction) }
        }
        #expect(try test.numbers() == [1, 4])
    }

    @Test(arguments: StoreKind.allCases)
    func `a broken rule undoes its statement and tells it`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { transaction in
            try test.add(1, in: transaction)
            do {
                try transaction.savepoint { try test.add(1, in: transaction) }
                Issue.record("a second 1 was accepted")
            } catch StoreError.constraint(let sql, let detail) {
                #expect(sql.contains("INSERT INTO item"))
                #expect(detail.contains("item.number"))
            }
        }
        #expect(try test.numbers() == [1])
    }

    @Test(arguments: StoreKind.allCases)
    func `values come back as they were bound`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        let texts = ["", "a", "naïve 🚋", "line\nbreak", "nul\0inside", "'; DROP TABLE item; --"]
        try test.store.write { transaction in
            for text in texts {
                let (back, number, nothing): (String, Int, String?) = try transaction.rows(
                    "SELECT \(text), \(Int.min), \(String?.none)")[0].values()
                #expect(back == text)
                #expect(number == Int.min)
                #expect(nothing == nil)
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `execute tells how many rows it changed`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { transaction in
            for number in 1...3 { try test.add(number, in: transaction) }
            #expect(try transaction.execute("UPDATE item SET text = 'x' WHERE number > 1") == 2)
            #expect(
                try transaction.execute(
                    "INSERT INTO item (number) VALUES (1) ON CONFLICT DO NOTHING") == 0)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `RETURNING gives its rows and leaves nothing open`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { transaction in
            let id: Int = try transaction.savepoint {
                try transaction.rows("INSERT INTO item (number) VALUES (7) RETURNING number")[0]
                    .values()
            }
            #expect(id == 7)
        }
        #expect(try test.numbers() == [7])
    }

    @Test(arguments: StoreKind.allCases)
    func `rehearsals see their own writes, nest, and leave nothing`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.write { try test.add(1, in: $0) }
        let seen = try test.store.rehearse {
            try test.store.write { try test.add(2, in: $0) }
            let inner = try test.store.rehearse {
                try test.store.write { try test.add(3, in: $0) }
                return try test.numbers()
            }
            return (inner, try test.numbers())
        }
        #expect(seen.0 == [1, 2, 3])
        #expect(seen.1 == [1, 2])
        #expect(try test.numbers() == [1])
    }

    @Test(arguments: StoreKind.allCases)
    func `an error in a rehearsal is passed on and leaves nothing`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        #expect(throws: Stop.self) {
            try test.store.rehearse {
                try test.store.write { try test.add(1, in: $0) }
                throw Stop()
            }
        }
        #expect(try test.numbers() == [])
        try test.store.write { try test.add(2, in: $0) }
        #expect(try test.numbers() == [2])
    }

    @Test(arguments: StoreKind.allCases)
    func `a batch is one transaction, of which each part stands or falls alone`(
        kind: StoreKind
    ) throws {
        let test = try TestStore(kind)
        var commits = 0
        test.store.observer = { _ in commits += 1 }
        try test.store.batch {
            try test.store.write { try test.add(1, in: $0) }
            #expect(throws: Stop.self) {
                try test.store.write { transaction in
                    try test.add(2, in: transaction)
                    throw Stop()
                }
            }
            #expect(try test.numbers() == [1])
            try test.store.write { try test.add(3, in: $0) }
        }
        #expect(commits == 1)
        #expect(try test.numbers() == [1, 3])
        #expect(throws: Stop.self) {
            try test.store.batch {
                try test.store.write { try test.add(4, in: $0) }
                throw Stop()
            }
        }
        #expect(commits == 1)
        #expect(try test.numbers() == [1, 3])
    }

    @Test(arguments: StoreKind.allCases)
    func `a transaction knows its store and its time`(kind: StoreKind) throws {
        let test = try TestStore(kind)
        try test.store.read { transaction in
            #expect(transaction.storeName == "test")
            #expect(transaction.now == fixedClock())
        }
    }
}
