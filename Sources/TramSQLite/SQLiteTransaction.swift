internal import Tram

/// A transaction in progress on a connection.
final class SQLiteTransaction: Transaction {
    let storeName: String
    let now: Timestamp
    private let connection: SQLiteConnection
    private var isOver = false

    init(_ connection: SQLiteConnection, storeName: String, now: Timestamp) {
        self.connection = connection
        self.storeName = storeName
        self.now = now
    }

    @discardableResult
    func execute(_ statement: SQL) throws -> Int {
        try checkIsOpen()
        return try connection.run(statement).changes
    }

    func rows(_ statement: SQL) throws -> [Row] {
        try checkIsOpen()
        return try connection.run(statement).rows
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

    /// - Throws: ``StoreError/transactionEnded`` when an error has ended the transaction.
    func checkIsOpen() throws {
        precondition(!isOver, "a transaction was used after its body had returned")
        if connection.isOutsideTransaction { throw StoreError.transactionEnded }
    }

    /// The body has returned: the transaction must not be used any more.
    func close() {
        isOver = true
    }
}
