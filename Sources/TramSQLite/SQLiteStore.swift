package import Platform
public import Tram

/// A store in a SQLite file.
///
/// ```swift
/// let orders = SQLiteStore(name: "order", path: "shop/orders.db", schema: Order.schema)
/// try orders.create()
/// let count = try orders.read { try Outbox($0).pendingCount() }
/// ```
///
/// A committed transaction survives a loss of power, and any number of processes can use the file
/// at once: write-ahead log, `synchronous=FULL`, and every writer holds an operating-system lock on
/// a file beside the store. Writers wait for it a fraction of the time that they would for SQLite's
/// own, and it keeps checkpoints and writers apart, which SQLite before 3.51.3 needs.
///
/// The file must be on a local file system. Beside it lie `…-wal` and `…-shm`, SQLite's log and
/// index, and `…-lock`. To copy a store while it is in use, use ``copy(_:to:)``; to copy the file
/// alone, call ``checkpoint()`` first, and let nobody write.
///
/// An object is used from one thread at a time. For another thread, make another object for the
/// same path. Nothing is opened before the first use, and the file is opened again by itself after
/// it was replaced.
public final class SQLiteStore: Store {
    public let name: String
    let opener: SQLiteOpener
    private var clock: () -> Timestamp { opener.clock }
    /// The connection that may write; nil until it is needed. It then serves reads as well.
    var writer: SQLiteConnection?
    /// How often a connection was opened: each has data versions of its own.
    private(set) var openings = 0
    /// The connection for reading as long as there is no writer.
    var reader: SQLiteConnection?
    /// The lock beside the file; nil until the store is opened for writing, and in memory.
    var writersLock: FileLock?
    /// The digest of a schema that was found sound and that the store does not remember yet: the
    /// next transaction that writes records it.
    private var newDigest: Int?
    /// What this object is doing, by which nested transactions are found out.
    private var activity = Activity.none
    /// How long to wait for other processes.
    private var patience: Patience { opener.patience }
    /// Whether each transaction may wait for the whole of it. If not, it is shared with other
    /// stores, and whoever shares it says when it begins anew.
    let hasOwnPatience: Bool

    /// What a store object is doing.
    private enum Activity {
        /// No transaction is open.
        case none
        /// The body of a transaction is running; another one would be nested.
        case transaction
        /// A rehearsal or a batch is open: transactions are now savepoints of this one.
        case enclosing(SQLiteTransaction)
    }

    /// A store in the file at `path`. Nothing is opened until it is used.
    ///
    /// - Parameters:
    ///   - name: the name of the service that owns the store.
    ///   - path: the file, in a directory that exists.
    ///   - schema: the tables that the store has, or gets when it is opened.
    ///   - lockTimeout: how long a transaction waits for other writers; then it throws
    ///     `StoreError/busy(path:waited:)`.
    ///   - clock: tells the time; the system's clock when nil.
    public convenience init(
        name: String, path: String, schema: Schema, lockTimeout: Duration = .seconds(5),
        clock: (() -> Timestamp)? = nil
    ) {
        self.init(
            SQLiteOpener(
                name: name, path: path, schema: schema, clock: clock ?? systemClock,
                patience: Patience(milliseconds: lockTimeout.milliseconds)), sharesPatience: false)
    }

    /// A store in the file at `path` that shares its patience with others: what one of them has
    /// waited, the next does not wait again. A transaction that has written lets it begin anew.
    package convenience init(name: String, path: String, schema: Schema, patience: Patience) {
        self.init(
            SQLiteOpener(
                name: name, path: path, schema: schema, clock: systemClock, patience: patience),
            sharesPatience: true)
    }

    init(_ opener: SQLiteOpener, sharesPatience: Bool) {
        name = opener.name
        self.opener = opener
        hasOwnPatience = !sharesPatience
    }

    /// A new store in memory: see ``InMemoryStore``.
    package convenience init(
        inMemory name: String, schema: Schema, clock: (() -> Timestamp)? = nil
    ) throws {
        self.init(
            SQLiteOpener(
                name: name, path: ":memory:", schema: schema, clock: clock ?? systemClock,
                patience: Patience(milliseconds: 0)), sharesPatience: false)
        writer = try opener.openInMemory()
    }

    /// The path of the file as it was given.
    public var path: String { opener.path }

    /// Whether it is the store of an ``InMemoryStore``.
    var isInMemory: Bool { path == ":memory:" }

    // MARK: Opening

    /// Makes the store if there is none, and brings an older one up to date.
    ///
    /// Any number of processes may call it at once, and die at any instant: whoever comes next goes
    /// on. For a store that is there and up to date it only opens it.
    ///
    /// - Throws: a `StoreError` when the file is not this store, or cannot be made;
    ///   `StoreError/inUse(path:waited:)` when an older store is open elsewhere.
    public func create() throws {
        beginToWait()
        try open(creating: true)
    }

    /// Opens an existing store for reading and writing, and checks its header, application id,
    /// version and schema.
    ///
    /// Transactions open the store by themselves; call it to find out early. An older store is
    /// brought up to date; one that does not pass is not changed.
    ///
    /// - Throws: `StoreError/missing(path:)`, `StoreError/damaged(path:detail:)`,
    ///   `StoreError/foreign(path:applicationID:)`, `StoreError/tooNew(path:version:supported:)` or
    ///   another `StoreError`.
    public func openForWriting() throws {
        beginToWait()
        try open(creating: false)
    }

    /// Opens an existing store for reading only, and checks it in the same way. A store of an older
    /// version is brought up to date first, which writes.
    public func openForReading() throws {
        beginToWait()
        try openReader()
    }

    /// Opens a connection for reading, unless there is one. The patience goes on.
    private func openReader() throws {
        guard reader == nil, writer == nil else { return }
        reader = try opener.openForReading()
        openings += 1
        if reader == nil { try open(creating: false) }
    }

    /// Renews the patience, if it is this store's own.
    private func beginToWait() {
        if hasOwnPatience { patience.renew() }
    }

    /// Opens a connection for writing, unless there is one.
    private func open(creating: Bool) throws {
        guard writer == nil else { return }
        let opened = try opener.openForWriting(creating: creating)
        openings += 1
        writer = opened.connection
        writersLock = opened.lock
        newDigest = opened.newDigest
        reader = nil
    }

    // MARK: Transactions

    /// Runs `body` in one transaction that may write: see `Store/write(_:)`.
    ///
    /// The locks are taken in this order: the writers' lock beside the file, then SQLite's by
    /// `BEGIN IMMEDIATE`. Inside a batch or a rehearsal it is a savepoint of the transaction that
    /// is open.
    public func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        if case .enclosing(let transaction) = activity {
            try OpenWrites.checkMayWrite(to: target, of: name)
            return try inside(transaction) {
                OpenWrites.note(isInBody: true, at: target)
                defer { OpenWrites.note(isInBody: false, at: target) }
                return try transaction.savepoint {
                    let result = try transaction.scoped(body)
                    // A broken rule that only the commit would notice is found here, so that it
                    // undoes this part alone.
                    try transaction.checkDeferredRules()
                    return result
                }
            }
        }
        return try writing(body)
    }

    /// Runs `body` on one unchanging view of the store: see `Store/read(_:)`. It does not wait for
    /// writers.
    public func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        if case .enclosing(let transaction) = activity {
            return try inside(transaction) {
                try transaction.reading { try transaction.scoped(body) }
            }
        }
        try requireNoTransaction()
        try openForReading()
        return try transact(on: writer ?? reader, begin: "BEGIN", body)
    }

    /// What its transactions write to.
    var target: OpenWrites.Target {
        writersLock.map { .lock(path: $0.path) } ?? .memory(ObjectIdentifier(self))
    }

    /// Runs `body` as a part of the transaction that encloses it. Meanwhile another one would be
    /// nested.
    private func inside<Result>(
        _ transaction: SQLiteTransaction, _ body: () throws -> Result
    ) throws -> Result {
        activity = .transaction
        defer { activity = .enclosing(transaction) }
        return try body()
    }

    /// - Throws: `StoreError/nested(service:)` while a body is running. It must be asked before the
    ///   writers' lock is taken, since the end of the inner attempt would free it.
    func requireNoTransaction() throws {
        guard case .transaction = activity else { return }
        throw StoreError.nested(service: name)
    }

    /// Runs `body` and rolls back all that it has written: see `Store/rehearse(_:)`. Other writers
    /// wait meanwhile.
    public func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        var result: Result?
        do {
            if case .enclosing(let transaction) = activity {
                try transaction.savepoint {
                    result = try body()
                    throw Undo()
                }
            } else {
                try enclosing {
                    result = try body()
                    throw Undo()
                }
            }
        } catch is Undo {}
        guard let result else { preconditionFailure("a rehearsal ended without a result") }
        return result
    }

    /// Runs `body` with every `write` inside it made a part of one transaction.
    ///
    /// A `write` that throws is undone by itself, and all the others become durable together when
    /// this returns. So the disk is waited for once (group commit, after Gray and Reuter,
    /// *Transaction Processing*).
    public func batch<Result>(_ body: () throws -> Result) throws -> Result {
        if case .enclosing(let transaction) = activity { return try transaction.savepoint(body) }
        return try enclosing(body)
    }

    /// Runs `body` while a transaction is open that makes the others its savepoints.
    private func enclosing<Result>(_ body: () throws -> Result) throws -> Result {
        try writing { transaction in
            OpenWrites.note(isInBody: false, at: target)
            activity = .enclosing(transaction)
            defer { activity = .transaction }
            return try body()
        }
    }

    /// Runs a transaction that writes: checks for mistakes first, then takes the locks, then
    /// reports its times.
    private func writing<Result>(_ body: (SQLiteTransaction) throws -> Result) throws -> Result {
        // Before the lock: it is held already, and would be freed.
        try requireNoTransaction()
        beginToWait()
        let called = MonotonicTime.nanoseconds()
        try open(creating: false)
        try OpenWrites.checkMayWait(for: target, of: name)
        try OpenWrites.checkMayWrite(to: target, of: name)
        return try opener.holding(writersLock) {
            let locked = MonotonicTime.nanoseconds()
            var worked = locked
            // IMMEDIATE takes SQLite's lock at once. A transaction that begins as a reader and then
            // writes fails, without waiting, when another has written since.
            let result = try transact(on: writer, begin: "BEGIN IMMEDIATE") { transaction in
                defer { worked = MonotonicTime.nanoseconds() }
                try noteSchema()
                return try OpenWrites.writing(to: target, of: name) { try body(transaction) }
            }
            newDigest = nil
            patience.renew()
            observer?(
                TransactionTimes(
                    waiting: .nanoseconds(locked - called),
                    working: .nanoseconds(worked - locked),
                    committing: .nanoseconds(MonotonicTime.nanoseconds() - worked)))
            return result
        }
    }

    /// Makes sure that no newer program has changed the tables since this one has opened them.
    private func refuseOtherVersion(of connection: SQLiteConnection) throws {
        do {
            try opener.checkVersion(of: connection)
        } catch let error as StoreError where error.isFailureOfStore {
            connection.rollBack()
            // The next transaction opens whatever is there then, and checks all of it.
            if path != ":memory:" { close() }
            throw error
        }
    }

    /// Records that the schema was found sound, if it is still the one that was compared.
    private func noteSchema() throws {
        guard let newDigest, let writer else { return }
        if try opener.digestOfSchema(of: writer) == newDigest {
            try opener.noteSchema(newDigest, in: writer)
        }
    }

    /// Runs a transaction on a connection, from its beginning to the commit or the rollback.
    ///
    /// - Parameter begin: `BEGIN` for one that only reads, `BEGIN IMMEDIATE` for one that writes.
    private func transact<Result>(
        on connection: SQLiteConnection?, begin: SQL,
        _ body: (SQLiteTransaction) throws -> Result
    ) throws -> Result {
        guard case .none = activity else { throw StoreError.nested(service: name) }
        guard let connection else {
            preconditionFailure("the store \(name) is not open")
        }
        do {
            try connection.checkIsInPlace()
        } catch StoreError.moved(let path) {
            // The next transaction opens whatever is there then.
            close()
            throw StoreError.moved(path: path)
        }
        activity = .transaction
        defer { activity = .none }
        try connection.run(begin)
        let transaction = SQLiteTransaction(
            connection, storeName: name, now: clock(), isReading: begin.text == "BEGIN")
        defer { transaction.close() }
        do {
            try refuseOtherVersion(of: connection)
            let result = try body(transaction)
            try transaction.checkIsOpen()
            try connection.run("COMMIT")
            return result
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Copies the write-ahead log into the store's file, as far as no reader is in the way, so that
    /// a copy of the file alone is the whole store.
    ///
    /// It waits for writers. SQLite does it by itself whenever the log has 100 pages; call it
    /// before the file is copied or the disk is measured.
    public func checkpoint() throws {
        try requireNoTransaction()
        try openForWriting()
        try opener.holding(writersLock) {
            _ = try writer?.run("PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    // MARK: Watching

    /// Called after the commit of every transaction that has written, on its thread. It must not
    /// use the store.
    public var observer: ((TransactionTimes) -> Void)?
}

/// What a transaction that writes spent its time on, for metrics: see ``SQLiteStore/observer``.
public struct TransactionTimes: Hashable, Sendable {
    /// From the call until it had the writers' lock, including the opening of the file.
    public let waiting: Duration
    /// From then to the end of its body.
    public let working: Duration
    /// From the end of its body until it was durable.
    public let committing: Duration
}

/// Ends a rehearsal's transaction by rolling it back.
private struct Undo: Error {}

/// The time of the operating system.
private func systemClock() -> Timestamp {
    Timestamp(milliseconds: SystemClock.now())
}
