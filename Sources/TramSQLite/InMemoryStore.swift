public import Tram

/// A store in memory, for tests and experiments.
///
/// It speaks SQLite's SQL, and runs the same migrations as a ``SQLiteStore``, so a test of a
/// service needs no file. It is gone when this object is, and nobody else can use it.
///
/// ```swift
/// let store = try InMemoryStore("order", schema: Order.schema, clock: { clock.now })
/// ```
public final class InMemoryStore: SharedStore {
    private let store: SQLiteStore

    /// A new store with all tables.
    ///
    /// - Parameters:
    ///   - name: the name of the service that owns it.
    ///   - schema: the migrations to run.
    ///   - clock: tells the time; the system's clock when nil. A test gives one that it can move.
    /// - Throws: a `StoreError` when a migration fails.
    public init(
        _ name: String, schema: Schema, clock: (() -> Timestamp)? = nil
    ) throws {
        store = try SQLiteStore(inMemory: name, schema: schema, clock: clock)
    }

    public var name: String { store.name }

    public func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try store.write(body)
    }

    public func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try store.read(body)
    }

    public func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        try store.rehearse(body)
    }

    public func batch<Result>(_ body: () throws -> Result) throws -> Result {
        try store.batch(body)
    }

    /// Always 0: there are no other users whose commits it could tell of.
    public func dataVersion() -> Int { 0 }

    /// Always nil: there are no other writers.
    public func excludeWriters() -> (any WritersExclusion)? { nil }
}
