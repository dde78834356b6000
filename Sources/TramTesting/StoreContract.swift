public import Tram

/// What every kind of store promises, as checks that any test framework can run:
///
/// ```swift
/// @Test(arguments: StoreContract.promises)
/// func `my store keeps its contract`(promise: StoreContract.Promise) throws {
///     let store = try MyStore(schema: Schema(…, migrations: [Migration(StoreContract.tables)]))
///     try promise.check(StoreContract.Subject(store))
/// }
/// ```
///
/// A relay, a saga and an operator's tool rely on each of them. A check is given a new store, and
/// throws ``Unexpected`` when the promise is not kept.
public enum StoreContract {
    /// Statements that make the tables of the checks, besides the library's own for messaging. In
    /// SQLite's words, and also in PostgreSQL's.
    public static let tables = [
        "CREATE TABLE item (number BIGINT PRIMARY KEY, text TEXT, ratio DOUBLE PRECISION)",
        """
        CREATE TABLE part
            (item BIGINT NOT NULL REFERENCES item (number) DEFERRABLE INITIALLY DEFERRED)
        """,
    ]

    /// A store to check: a new one for each promise.
    public struct Subject {
        /// The store, with the library's tables and those of ``StoreContract/tables``.
        public let store: any SharedStore
        /// Another user of the same store, as another process would be one; nil where none can be.
        public let other: (any SharedStore)?

        /// A store to check.
        public init(_ store: any SharedStore, other: (any SharedStore)? = nil) {
            self.store = store
            self.other = other
        }
    }

    /// One promise.
    public struct Promise: Sendable, CustomStringConvertible {
        /// The promise, in a sentence.
        public let description: String
        private let body: @Sendable (Subject) throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (Subject) throws -> Void) {
            self.description = description
            self.body = body
        }

        /// Checks it.
        ///
        /// - Throws: ``Unexpected``, or what the store throws.
        public func check(_ subject: Subject) throws {
            try body(subject)
        }
    }

    /// All promises.
    public static let promises =
        transactions + savepoints + statements + values + rehearsals + numbers + sharing + misuse
}

/// What a check throws to see what becomes of it.
struct Stop: Error {}

extension StoreContract.Subject {
    func add(_ number: Int, in transaction: any Transaction) throws {
        try transaction.execute("INSERT INTO item (number) VALUES (\(number))")
    }

    func numbers(_ store: (any Store)? = nil) throws -> [Int] {
        try (store ?? self.store).read(numbers)
    }

    func numbers(in transaction: any Transaction) throws -> [Int] {
        try transaction.rows("SELECT number FROM item ORDER BY number").map { try $0.values() }
    }

    /// Runs `body`, which must throw an error that fits.
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
