internal import Tram

/// A transaction in progress on a connection.
final class SQLiteTransaction: Transaction {
    let storeName: String
    let now: Timestamp
    private let connection: SQLiteConnection
    private var isOver = false
    /// The error that has ended the transaction, if one has.
    private var endingError: (any Error)?

    init(_ connection: SQLiteConnection, storeName: String, now: Timestamp) {
        self.connection = connection
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

    private func run(_ statement: SQL) throws -> (rows: [Row], changes: Int) {
        try checkIsOpen()
        do {
            return try connection.run(statement)
        } catch {
            if connection.isOutsideTransaction { endingError = error }
            throw error
        }
    }

    func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try checkIsOpen()
        try connection.run("SAVEPOINT tram")
        do {
            let result = try body()
            try checkIsOpen()
            try connection.run("RELEASE tram")
            return result
        } catch {
            // Some errors have ended the whole transaction: then there is nothing to go back to, and
            // a statement now would commit by itself.
            if !connection.isOutsideTransaction {
                try connection.run("ROLLBACK TO tram")
                try connection.run("RELEASE tram")
            }
            throw error
        }
    }

    /// - Throws: the error that has ended the transaction, if one has.
    func checkIsOpen() throws {
        precondition(!isOver, "a transaction was used after its body had returned")
        if connection.isOutsideTransaction { throw endingError ?? StoreError.transactionEnded }
    }

    /// The body has returned: the transaction must not be used any more.
    func close() {
        isOver = true
    }
}
