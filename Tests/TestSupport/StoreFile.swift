internal import CSQLite
internal import Tram

/// A store's file as another program has it open, behind tram's back.
package final class StoreFile {
    private var database: OpaquePointer?

    /// Opens the file, and reads from it once.
    package init(path: String) throws {
        guard sqlite3_open(path, &database) == SQLITE_OK else {
            throw StoreError.missing(path: path)
        }
        try use()
    }

    deinit { close() }

    /// Reads from the file.
    package func use() throws {
        guard sqlite3_exec(database, "SELECT count(*) FROM message", nil, nil, nil) == SQLITE_OK
        else {
            throw StoreError.unexpectedRow(String(cString: sqlite3_errmsg(database)))
        }
    }

    /// The number of the file's version.
    package func userVersion() -> Int {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, nil)
        return sqlite3_step(statement) == SQLITE_ROW ? Int(sqlite3_column_int64(statement, 0)) : 0
    }

    package func close() {
        sqlite3_close(database)
        database = nil
    }
}
