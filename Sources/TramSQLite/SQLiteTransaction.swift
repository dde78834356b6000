internal import Tram

/// A transaction in progress on a connection.
///
/// It adds two things to the connection: what a body may do, and how a failed statement is judged.
/// An error of the store is remembered in ``failure``. If SQLite has ended the transaction because
/// of it, every later statement throws it again, since it would otherwise be committed by itself.
final class SQLiteTransaction: Transaction {
    let storeName: String
    let now: Timestamp
    var cause: MessageCause?
    private let connection: SQLiteConnection
    /// Whether it must not write: no writers' lock is held for it, or a part of it only reads.
    private var isReading: Bool
    /// Whether it may change tables.
    private let isMigration: Bool
    /// Whether its body has returned.
    private var isOver = false
    /// The error that has made SQLite end the transaction; nil while it is open.
    private var endingError: (any Error)?
    private(set) var failure: (any Error)?

    init(
        _ connection: SQLiteConnection, storeName: String, now: Timestamp, isReading: Bool = false,
        isMigration: Bool = false
    ) {
        self.connection = connection
        self.isReading = isReading
        self.isMigration = isMigration
        self.storeName = storeName
        self.now = now
    }

    @discardableResult
    func execute(_ statement: SQL) throws -> Int {
        try run(statement).changes
    }

    func rows(_ statement: SQL) throws -> [Row] {
        try run(statement).rows
    }

    /// Runs a statement of the body, and judges its error.
    private func run(_ statement: SQL) throws -> (rows: [Row], changes: Int) {
        try checkIsOpen()
        do {
            return try connection.run(
                statement, for: isReading ? .readingBody : isMigration ? .migration : .body)
        } catch {
            let error = meaning(of: error)
            if connection.isOutsideTransaction { endingError = error }
            let isOfStatement = (error as? StoreError)?.isFailureOfStore == false
            if !isOfStatement || connection.isOutsideTransaction { failure = error }
            throw error
        }
    }

    /// The error as it concerns the transaction. `INSERT OR ROLLBACK` and the like undo everything,
    /// which is more than a refused row.
    private func meaning(of error: any Error) -> any Error {
        guard connection.isOutsideTransaction,
            case StoreError.constraint(let sql, let detail) = error
        else { return error }
        return StoreError.undone(sql: sql, detail: detail)
    }

    /// The highest number that each table with AUTOINCREMENT has given out.
    func counters() throws -> [String: Int] {
        // SQLite makes this table together with the first one that has AUTOINCREMENT.
        let rows = try rows("SELECT name, seq FROM sqlite_sequence")
        return try rows.reduce(into: [:]) { counters, row in
            let (table, value): (String, Int) = try row.values()
            counters[table] = value
        }
    }

    func hasTable(_ name: String) throws -> Bool {
        try !rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = \(name)").isEmpty
    }

    func setCounter(of table: String, to value: Int) throws {
        let changed = try execute("UPDATE sqlite_sequence SET seq = \(value) WHERE name = \(table)")
        if changed == 0 {
            try execute("INSERT INTO sqlite_sequence (name, seq) VALUES (\(table), \(value))")
        }
    }

    /// Writes all that the transaction sees into a new file.
    func copy(to path: String) throws {
        try checkIsOpen()
        try connection.copy(to: path)
    }

    /// Runs `body` in a savepoint: see `Transaction/savepoint(_:)`.
    ///
    /// All savepoints have one name. SQLite releases and rolls back to the innermost one of a name,
    /// so they nest.
    func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try checkIsOpen()
        try connection.run("SAVEPOINT tram")
        let before = cause
        do {
            let result = try body()
            try checkIsOpen()
            try connection.run("RELEASE tram")
            return result
        } catch {
            // The savepoint is undone, and with it the message that may have begun a chain.
            cause = before
            // Some errors have ended the whole transaction. Then there is nothing to go back to,
            // and a statement now would be committed by itself.
            if !connection.isOutsideTransaction {
                try connection.run("ROLLBACK TO tram")
                try connection.run("RELEASE tram")
            }
            throw error
        }
    }

    /// Runs `body`, in which nothing can be written.
    func reading<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = isReading
        isReading = true
        defer { isReading = before }
        return try body()
    }

    /// In SQLite, only references to missing rows wait for the commit.
    func checkDeferredRules() throws {
        try checkIsOpen()
        guard connection.hasUnresolvedReferences else { return }
        throw StoreError.constraint(sql: "COMMIT", detail: "FOREIGN KEY constraint failed")
    }

    /// - Throws: the error that has ended the transaction, if one has;
    ///   `StoreError/transactionOver(service:)` when its body has returned.
    func checkIsOpen() throws {
        if isOver { throw StoreError.transactionOver(service: storeName) }
        if connection.isOutsideTransaction { throw endingError ?? StoreError.transactionEnded }
    }

    /// Marks it as over: the body has returned, and whoever has kept the transaction must not use
    /// it.
    func close() {
        isOver = true
    }
}
