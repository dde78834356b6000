/// A database that belongs to one service.
///
/// It is the seam between the library and a kind of database: everything above it is written once.
/// `SQLiteStore` and `InMemoryStore` of TramSQLite implement it; `StoreContract` in `TramTesting`
/// is the suite that another kind must pass.
///
/// ```swift
/// let id = try store.write { transaction in
///     try transaction.execute("INSERT INTO entry (total) VALUES (\(400))")
///     return try transaction.publish(EntryMade(total: 400), about: 1)
/// }
/// ```
///
/// A store is used from one thread at a time; it is not `Sendable`. For another thread, make
/// another object for the same database. Transactions on a store do not nest: one that is begun
/// inside another throws ``StoreError/nested(service:)``.
///
/// Nothing here is asynchronous. A body that waits for something else keeps every other writer of
/// the store waiting.
public protocol Store: AnyObject {
    /// The name of the service that owns the store, and the first half of the ids of its messages.
    /// It must not change while messages live, and must not contain a colon.
    var name: String { get }

    /// Runs `body` in one transaction that may write.
    ///
    /// All that it wrote is durable when this returns, and none of it is there when this throws.
    /// The one exception is ``StoreError/inputOutput(path:detail:atCommit:)`` with `atCommit`: then
    /// it may be either. Writers of one store run one after the other.
    ///
    /// - Parameter body: runs once. Throwing from it is the way to roll back.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws, or a ``StoreError`` of the beginning or the commit.
    func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result

    /// Runs `body` on one unchanging view of the store, while others may write.
    ///
    /// A statement that writes throws ``StoreError/forbidden(sql:)``.
    func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result

    /// Runs `body` with every `write` inside it made on top of the others, and in the end rolls
    /// them all back.
    ///
    /// It is how a dry run shows what would happen, with the real handlers. Rehearsals nest. Other
    /// writers may have to wait until it is over.
    func rehearse<Result>(_ body: () throws -> Result) throws -> Result
}

/// What a body may do inside a transaction of a ``Store``.
///
/// A body reads and changes rows, and sends messages (``publish(_:about:headers:)``,
/// ``send(_:to:orderedBy:replyTo:headers:)``). Whether all that is kept is decided outside: a
/// statement that begins or ends a transaction, or that changes how the store works, throws
/// ``StoreError/forbidden(sql:)`` and has no effect.
///
/// It is over when the body returns: used afterwards, it throws
/// ``StoreError/transactionOver(service:)``. So do not keep it, and do not use it in a `Task`.
public protocol Transaction: AnyObject {
    /// The name of the service that owns the store: see ``Store/name``.
    var storeName: String { get }

    /// The time at which the transaction began, from the clock that the store was given. It stays
    /// the same until the transaction ends, so all that happens in it has one time.
    var now: Timestamp { get }

    /// The cause of what is sent in this transaction.
    ///
    /// It is nil until something is sent that only a user has caused, and then what the rest of its
    /// chain has in common. The library sets it; to set it for a stretch of code, use
    /// `causing(by:_:)`. A store keeps it, and puts it back to what it was when a savepoint is
    /// undone.
    var cause: MessageCause? { get set }

    /// What went wrong with the store itself in this transaction; nil when no statement has met
    /// such an error.
    ///
    /// Whoever runs other people's code in a transaction tells by it whether the store has failed
    /// or only that code: a handler may catch a full disk and throw an error of its own.
    var failure: (any Error)? { get }

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: how many rows an INSERT, UPDATE or DELETE has changed.
    /// - Throws: ``StoreError/constraint(sql:detail:)`` when a row breaks a rule; the transaction
    ///   can go on. ``StoreError/forbidden(sql:)`` for a statement that is not for a body.
    @discardableResult
    func execute(_ statement: SQL) throws -> Int

    /// Runs a statement to its end and returns its rows.
    ///
    /// All rows are in memory at once: bound large results with `LIMIT`, and read them page by
    /// page.
    ///
    /// ```swift
    /// let names: [String] = try transaction.rows(
    ///     "SELECT name FROM customer WHERE id > \(last) ORDER BY id LIMIT 500"
    /// ).map { try $0.values() }
    /// ```
    func rows(_ statement: SQL) throws -> [Row]

    /// Runs `body` so that what it wrote is undone when it throws, while the rest of the
    /// transaction stands. Savepoints nest.
    ///
    /// Some errors (a full disk, a failed read) end the whole transaction. Then every later
    /// statement throws that error again, also where `body` has caught it, and nothing can be
    /// committed.
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result

    /// Checks now what is otherwise checked only at the commit, such as deferred foreign keys.
    ///
    /// Called at the end of a savepoint, it makes sure that what the savepoint wrote is undone by
    /// itself instead of making the common commit fail. A store without such rules does nothing.
    ///
    /// - Throws: ``StoreError/constraint(sql:detail:)`` with the statement `COMMIT`.
    func checkDeferredRules() throws

    /// How far the numbers of the store's rows have been given out: by table, the highest one.
    ///
    /// Only tables whose numbers are never used twice are counted, among them `message`. By these
    /// numbers another service notices that the store was replaced by an older copy.
    func counters() throws -> [String: Int]

    /// Whether the store has a table of this name. Views and indexes do not count.
    func hasTable(_ name: String) throws -> Bool

    /// Sets how far a table's numbers have been given out: the next row gets `value + 1`. For a
    /// store that was put back and must not give out numbers again that others have seen.
    func setCounter(of table: String, to value: Int) throws
}
