internal import CSQLite
internal import Tram

/// Runs SQL on a SQLite file as another program would, behind tram's back.
package func tamper(with path: String, _ sql: String) throws {
    var database: OpaquePointer?
    defer { sqlite3_close(database) }
    guard sqlite3_open(path, &database) == SQLITE_OK,
        sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK
    else {
        let detail = database.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
        throw StoreError.failed(sql: sql, code: Int(sqlite3_errcode(database)), detail: detail)
    }
}

/// A lock of SQLite's on a store, as a writer that is not tram holds it; freed with this object.
package final class ForeignWriter {
    private var database: OpaquePointer?

    package init(_ path: String) throws {
        guard sqlite3_open(path, &database) == SQLITE_OK,
            sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK
        else { throw StoreError.busy(path: path, waited: .zero) }
    }

    deinit { sqlite3_close(database) }
}
