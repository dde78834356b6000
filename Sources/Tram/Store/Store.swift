/// The seam to a database: everything above it is written once, for every kind of store.
///
/// A store belongs to one service. It is used from one thread at a time, and transactions on it do
/// not nest: one that is begun inside another throws ``StoreError/nested(service:)``.
public protocol Store: AnyObject {
    /// The name of the service that owns the store, and the first half of the ids of its messages.
    var name: String { get }

    /// Runs `body` in one transaction: all that it wrote is durable when this returns, and none of it
    /// is there when this throws: but for ``StoreError/inputOutput(path:detail:atCommit:)`` at the
    /// commit, after which it may be either.
    func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result

    /// Runs `body` on one unchanging view of the store. It never writes.
    func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result

    /// Runs `body` with every `write` inside it made on top of the others, and in the end undoes
    /// them all. Rehearsals nest.
    func rehearse<Result>(_ body: () throws -> Result) throws -> Result
}

/// What a body may do inside a transaction. It is over when the body returns: used afterwards, it throws
/// ``StoreError/transactionOver(service:)``.
///
/// A body reads and changes rows. Whether all that is kept is decided outside: a statement that begins or
/// ends a transaction, or that changes how the store works, throws ``StoreError/forbidden(sql:)`` and has
/// no effect.
public protocol Transaction: AnyObject {
    /// The name of the store: see ``Store/name``.
    var storeName: String { get }

    /// The time at which the transaction began, from the clock that the store was given.
    var now: Timestamp { get }

    /// The cause of what is sent in this transaction: nil until something is sent that only a user has
    /// caused, and then what the rest of its chain has in common. The library sets it; a store keeps it,
    /// and puts it back to what it was when a savepoint is undone.
    var cause: MessageCause? { get set }

    /// What went wrong with the store itself in this transaction: nil when no statement has met such an
    /// error. Whoever runs other people's code in a transaction tells by it whether the store has
    /// failed, or only that code.
    var failure: (any Error)? { get }

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    func execute(_ statement: SQL) throws -> Int

    /// Runs a statement to its end and returns its rows. Bound large results with `LIMIT`.
    func rows(_ statement: SQL) throws -> [Row]

    /// Runs `body` so that what it wrote is undone when it throws, while the rest of the transaction
    /// stands.
    ///
    /// Some errors (a full disk, a failed read) end the whole transaction. Then every later
    /// statement throws that error again, also where `body` has caught it.
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result

    /// Throws what the commit would throw if it came now, because of rows that break a rule which is only
    /// checked there: ``StoreError/constraint(sql:detail:)`` with the statement `COMMIT`. A store without
    /// such rules does nothing.
    ///
    /// At the end of a savepoint's body it makes sure that what the body wrote is undone by itself.
    func checkDeferredRules() throws

    /// How far the numbers of the store's rows have been given out: by table, the highest one. Only
    /// tables whose numbers are never used twice are counted.
    func counters() throws -> [String: Int]

    /// Whether the store has a table of this name.
    func hasTable(_ name: String) throws -> Bool

    /// Sets how far a table's numbers have been given out: the next row gets the next one.
    func setCounter(of table: String, to value: Int) throws
}
