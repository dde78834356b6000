internal import CSQLite
internal import Tram

/// One connection to one SQLite file: opens, prepares, binds, steps, and turns result codes into
/// facts. It knows nothing of messages. The raw pointers of the C interface stay in this file.
final class SQLiteConnection {
    let path: String
    private let handle: OpaquePointer
    /// Prepared statements by their text. Texts are literals of the program, so they are few.
    private var statements: [String: OpaquePointer] = [:]
    /// How long a statement waits for another program's lock, in milliseconds.
    private let busyTimeout: Int

    enum Mode {
        case readOnly, readWrite, create
    }

    init(path: String, mode: Mode, busyTimeout: Int) throws {
        self.path = path
        self.busyTimeout = busyTimeout
        let access =
            switch mode {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // Some builds of SQLite take a name that begins with `file:` for a URI.
        let name = path.hasPrefix("file:") ? "./" + path : path
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, access | SQLITE_OPEN_NOMUTEX, nil)
        guard let opened else {
            throw StoreError.inputOutput(path: path, detail: "out of memory", atCommit: false)
        }
        guard code == SQLITE_OK else {
            let detail = String(cString: sqlite3_errmsg(opened))
            sqlite3_close_v2(opened)
            throw StoreError.notWritable(path: path, detail: detail)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Int32(clamping: busyTimeout))
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Whether no transaction is open. An error inside a transaction can end it.
    var isOutsideTransaction: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// Whether the file can only be read, whatever was asked for.
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// Whether the file is no longer at its path: it was deleted, or there is another in its place.
    /// Whoever opens the path now sees nothing of what this connection writes.
    var hasMoved: Bool {
        var hasMoved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        return code == SQLITE_OK && hasMoved != 0
    }

    /// Undoes the open transaction, if there is one.
    func rollBack() {
        if isOutsideTransaction { return }
        // Should this fail, closing the connection undoes the transaction as well; the error that
        // led here says more than this one could.
        _ = try? run("ROLLBACK")
    }

    /// Switches a setting that only the C interface can reach.
    func configure(_ option: Int32, _ value: Bool) throws {
        let code = tram_sqlite3_db_config(handle, option, value ? 1 : 0)
        guard code == SQLITE_OK else { throw error(code, in: "sqlite3_db_config(\(option))") }
    }

    /// Runs a statement to its end. `changes` is about an INSERT, UPDATE or DELETE only.
    ///
    /// A `RETURNING` statement that is left in the middle would make the commit fail, so every
    /// statement is stepped until it is done, and reset also when it fails.
    @discardableResult
    func run(_ sql: SQL) throws -> (rows: [Row], changes: Int) {
        let statement = try prepared(sql.text)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in sql.values.enumerated() {
            try bind(value, at: Int32(index + 1), of: statement, in: sql)
        }
        var rows: [Row] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return (rows, Int(sqlite3_changes64(handle))) }
            guard code == SQLITE_ROW else { throw error(code, in: sql.text) }
            rows.append(try row(of: statement))
        }
    }

    /// Writes the whole database, as the open transaction sees it, into a new file, and syncs that.
    func copy(to path: String) throws {
        let target = try SQLiteConnection(path: path, mode: .create, busyTimeout: 0)
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_errcode(target.handle), in: "a copy")
        }
        let code = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE else {
            // The original and the copy may both have failed.
            let source = sqlite3_errcode(handle) & 0xFF
            throw source == SQLITE_OK || source == SQLITE_DONE || source == SQLITE_ROW
                ? target.error(code, in: "a copy") : error(code, in: "a copy")
        }
    }

    private func prepared(_ text: String) throws -> OpaquePointer {
        if let statement = statements[text] { return statement }
        var statement: OpaquePointer?
        let isWhole = try text.withCString { start in
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v3(
                handle, start, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, &tail)
            guard code == SQLITE_OK else { throw error(code, in: text) }
            return tail.map { String(cString: $0).allSatisfy(\.isWhitespace) } ?? true
        }
        guard let statement, isWhole else {
            sqlite3_finalize(statement)
            throw StoreError.failed(sql: text, code: 0, detail: "not one statement")
        }
        statements[text] = statement
        return statement
    }

    private func bind(
        _ value: SQLValue, at index: Int32, of statement: OpaquePointer, in sql: SQL
    ) throws {
        let code =
            switch value {
            case .null: sqlite3_bind_null(statement, index)
            case .integer(let integer): sqlite3_bind_int64(statement, index, integer)
            case .text(let text):
                // A C string also has an address when it is empty; a null pointer would bind NULL.
                text.withCString {
                    tram_sqlite3_bind_text(statement, index, $0, UInt64(text.utf8.count))
                }
            }
        guard code == SQLITE_OK else { throw error(code, in: sql.text) }
    }

    private func row(of statement: OpaquePointer) throws -> Row {
        Row(
            try (0..<sqlite3_column_count(statement)).map { column in
                switch sqlite3_column_type(statement, column) {
                case SQLITE_NULL: return .null
                case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
                case SQLITE_TEXT:
                    // Asked for in this order, the length is that of the UTF-8 text.
                    guard let text = sqlite3_column_text(statement, column) else {
                        throw error(SQLITE_NOMEM, in: "a text")
                    }
                    let count = Int(sqlite3_column_bytes(statement, column))
                    return .text(
                        String(
                            decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
                    )
                default: throw StoreError.unexpectedRow("a value is neither integer nor text")
                }
            })
    }

    private func error(_ code: Int32, in sql: String) -> StoreError {
        let detail = String(cString: sqlite3_errmsg(handle))
        // The shared memory of the log needs room on the disk too.
        if code == tram_sqlite3_ioerr_shmsize { return .full(path: path) }
        return switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy(path: path, waited: busyTimeout)
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(path: path, detail: detail)
        case SQLITE_FULL: .full(path: path)
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
            .notWritable(path: path, detail: detail)
        case SQLITE_IOERR, SQLITE_NOMEM, SQLITE_INTERRUPT:
            .inputOutput(path: path, detail: "\(detail) (\(code))", atCommit: sql == "COMMIT")
        case SQLITE_CONSTRAINT: .constraint(sql: sql, detail: detail)
        default: .failed(sql: sql, code: Int(code), detail: detail)
        }
    }
}
