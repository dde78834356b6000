public import Tram

/// A store in memory, for tests and experiments: it is gone when this object is, and nobody else can
/// use it. It speaks SQLite's SQL, and runs the same migrations as a ``SQLiteStore``.
public final class InMemoryStore: SharedStore {
    private let store: SQLiteStore

    /// A new store.
    ///
    /// - Parameters:
    ///   - name: the name of the service that owns it.
    ///   - clock: tells the time; the system's clock when nil.
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

    /// Always the same: there are no others.
    public func dataVersion() -> Int { 0 }

    /// Nobody has to be kept waiting.
    public func excludeWriters() -> (any WritersExclusion)? { nil }
}
