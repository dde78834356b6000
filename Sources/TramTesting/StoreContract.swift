public import Tram

/// What every kind of store promises, as checks that any test framework can run.
///
/// Write a store of another kind by implementing `SharedStore`, and run every promise against it:
///
/// ```swift
/// @Test(arguments: StoreContract.promises)
/// func `my store keeps its contract`(promise: StoreContract.Promise) throws {
///     let schema = Schema(
///         applicationID: 1, library: LibraryTables.messagingAndSagas,
///         migrations: [Migration(StoreContract.tables)])
///     let store = try MyStore("mine", schema: schema)
///     try promise.check(StoreContract.Subject(store, other: MyStore("mine", schema: schema)))
/// }
/// ```
///
/// A relay, a saga and an operator's tool rely on each of them. They cover transactions,
/// savepoints, rehearsals, values, numbers, sharing and misuse. What only a broken disk would show
/// is not tested: see `StoreError` for what a store must say then. The technique, one suite that
/// every backend must pass, is that of Watermill's `tests.TestPubSub`.
public enum StoreContract {
    /// Statements that make the tables of the checks, besides the library's own for messaging. They
    /// are in words that both SQLite and PostgreSQL take.
    public static let tables = [
        "CREATE TABLE item (number BIGINT PRIMARY KEY, text TEXT, ratio DOUBLE PRECISION)",
        """
        CREATE TABLE part
            (item BIGINT NOT NULL REFERENCES item (number) DEFERRABLE INITIALLY DEFERRED)
        """,
    ]

    /// A store to check. Each promise needs a new one, without rows.
    public struct Subject {
        /// The store, with the library's tables and those of ``StoreContract/tables``.
        public let store: any SharedStore
        /// Another user of the same store, as another process would be one; nil where none can be,
        /// and then promises about sharing are not checked.
        public let other: (any SharedStore)?

        /// A store to check.
        ///
        /// - Parameters:
        ///   - store: a new store.
        ///   - other: a second connection to the same data, for what users see of one another.
        public init(_ store: any SharedStore, other: (any SharedStore)? = nil) {
            self.store = store
            self.other = other
        }
    }

    /// One promise, and the check of it. Its description names the test case.
    public struct Promise: Sendable, CustomStringConvertible {
        /// The promise, in a sentence.
        public let description: String
        private let body: @Sendable (Subject) throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (Subject) throws -> Void) {
            self.description = description
            self.body = body
        }

        /// Checks the promise.
        ///
        /// - Parameter subject: a store that no other promise has used.
        /// - Throws: ``Unexpected`` when the promise is not kept; what the store throws where it
        ///   should throw nothing.
        public func check(_ subject: Subject) throws {
            try body(subject)
        }
    }

    /// All promises, for the arguments of a parameterized test.
    public static let promises =
        transactions + savepoints + statements + values + rehearsals + numbers + sharing + misuse
}

/// What a check throws to see what becomes of it.
struct Stop: Error {}

extension StoreContract.Subject {
    /// Adds a row, for a check to find or to miss.
    func add(_ number: Int, in transaction: any Transaction) throws {
        try transaction.execute("INSERT INTO item (number) VALUES (\(number))")
    }

    /// The numbers of all rows, in a transaction of their own.
    func numbers(_ store: (any Store)? = nil) throws -> [Int] {
        try (store ?? self.store).read(numbers)
    }

    /// The numbers of all rows.
    func numbers(in transaction: any Transaction) throws -> [Int] {
        try transaction.rows("SELECT number FROM item ORDER BY number").map { try $0.values() }
    }

    /// Runs `body`, which must throw an error that fits: by default the check's own ``Stop``.
    func expectError(
        _ what: String, _ body: () throws -> Void, fits: (any Error) -> Bool = { $0 is Stop }
    ) throws {
        do {
            try body()
        } catch {
            try expect(fits(error), "\(what) throws \(error)")
            return
        }
        throw Unexpected("\(what) throws nothing")
    }
}
