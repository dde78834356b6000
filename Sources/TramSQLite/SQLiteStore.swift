package import Platform
public import Tram

/// A store in a SQLite file, or in memory.
///
/// Files are kept so that a committed transaction survives a loss of power, and so that any number of
/// processes can use them at once: write-ahead log, `synchronous=FULL`, and every writer holds an
/// operating-system lock on a file beside the store. Writers wait for it a fraction of the time that
/// they would for SQLite's own, and it keeps checkpoints and writers apart, which SQLite before 3.51.3
/// needs.
public final class SQLiteStore: Store {
    public let name: String
    let opener: SQLiteOpener
    private var clock: () -> Timestamp { opener.clock }
    var writer: SQLiteConnection?
    var reader: SQLiteConnection?
    var writersLock: FileLock?
    /// The digest of a schema that was found sound: the next transaction notes it.
    private var newDigest: Int?
    private var activity = Activity.none
    /// How long to wait for other processes.
    private var patience: Patience { opener.patience }
    /// Whether each transaction has all of it; otherwise whoever shares it says when it begins anew.
    let hasOwnPatience: Bool

    private enum Activity {
        case none
        case transaction
        /// Transactions are now parts of this one.
        case enclosing(SQLiteTransaction)
    }

    /// A store in the file at `path`. Nothing is opened until it is used.
    ///
    /// - Parameters:
    ///   - lockTimeout: how long a writer waits for the others.
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

    /// A store in the file at `path`, which shares its patience with others: what one of them has
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

    /// The path of the file.
    public var path: String { opener.path }

    var isInMemory: Bool { path == ":memory:" }

    // MARK: Opening

    /// Makes the store if there is none, and brings an older one up to date. Any number of processes
    /// may do so at once, and die at it at any instant: whoever comes next goes on.
    public func create() throws {
        beginToWait()
        try open(creating: true)
    }

    /// Opens an existing store for reading and writing, and checks it: header, application id,
    /// version and schema. A store that does not pass is not changed.
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

    private func openReader() throws {
        guard reader == nil, writer == nil else { return }
        reader = try opener.openForReading()
        if reader == nil { try open(creating: false) }
    }

    private func beginToWait() {
        if hasOwnPatience { patience.renew() }
    }

    private func open(creating: Bool) throws {
        guard writer == nil else { return }
        let opened = try opener.openForWriting(creating: creating)
        writer = opened.connection
        writersLock = opened.lock
        newDigest = opened.newDigest
        reader = nil
    }

    // MARK: Transactions

    public func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        if case .enclosing(let transaction) = activity {
            try OpenWrites.checkMayWrite(to: target, of: name)
            return try inside(transaction) {
                OpenWrites.note(isInBody: true, at: target)
                defer { OpenWrites.note(isInBody: false, at: target) }
                return try transaction.savepoint {
                    let result = try transaction.scoped(body)
                    // What the commit would refuse is refused here, and takes nothing else with it.
                    try transaction.checkDeferredRules()
                    return result
                }
            }
        }
        return try writing(body)
    }

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

    /// Runs `body` as a part of the transaction that encloses all.
    private func inside<Result>(
        _ transaction: SQLiteTransaction, _ body: () throws -> Result
    ) throws -> Result {
        activity = .transaction
        defer { activity = .enclosing(transaction) }
        return try body()
    }

    /// - Throws: `StoreError/nested(service:)` inside a transaction.
    func requireNoTransaction() throws {
        guard case .transaction = activity else { return }
        throw StoreError.nested(service: name)
    }

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

    /// Runs `body` with every `write` inside it made a part of one transaction: one that throws is
    /// undone by itself, and all the others become durable together when this returns. So the disk is
    /// waited for once (group commit, after Gray and Reuter, *Transaction Processing*).
    public func batch<Result>(_ body: () throws -> Result) throws -> Result {
        if case .enclosing(let transaction) = activity { return try transaction.savepoint(body) }
        return try enclosing(body)
    }

    private func enclosing<Result>(_ body: () throws -> Result) throws -> Result {
        try writing { transaction in
            OpenWrites.note(isInBody: false, at: target)
            activity = .enclosing(transaction)
            defer { activity = .transaction }
            return try body()
        }
    }

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
            // IMMEDIATE: a transaction that begins as a reader and then writes fails at once when
            // another has written since, whatever its timeout.
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

    /// A newer program may have changed the tables since this one has opened them.
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

    /// Notes that the schema was found sound, if it is still the one that was compared.
    private func noteSchema() throws {
        guard let newDigest, let writer else { return }
        if try opener.digestOfSchema(of: writer) == newDigest {
            try opener.noteSchema(newDigest, in: writer)
        }
    }

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

    /// Copies the write-ahead log into the store's file, as far as no reader is in the way: so that a
    /// copy of the file alone is the whole store.
    public func checkpoint() throws {
        try requireNoTransaction()
        try openForWriting()
        try opener.holding(writersLock) {
            _ = try writer?.run("PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    // MARK: Watching

    /// Told of every transaction that has written, after its commit.
    public var observer: ((TransactionTimes) -> Void)?
}

/// What a transaction spent its time on.
public struct TransactionTimes: Hashable, Sendable {
    /// Until it had the writers' lock.
    public let waiting: Duration
    /// From its beginning to the end of its body.
    public let working: Duration
    /// On the commit: until it was durable.
    public let committing: Duration
}

/// Ends a rehearsal's transaction without a trace.
private struct Undo: Error {}

private func systemClock() -> Timestamp {
    Timestamp(milliseconds: SystemClock.now())
}
