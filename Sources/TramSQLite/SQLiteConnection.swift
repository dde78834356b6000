internal import CSQLite
internal import Platform
internal import Tram

/// One connection to one SQLite file: it opens, prepares, binds, steps, and turns result codes into
/// `StoreError`s.
///
/// It knows nothing of messages. The raw pointers of the C interface stay in this file; the shim in
/// `CSQLite` has what Swift cannot call. A connection is used by one thread at a time, so it is
/// opened without SQLite's own mutexes.
///
/// It decides who may run what: a body may run only statements that read and change rows
/// (``Runner``), so that no handler can end the transaction around it.
final class SQLiteConnection {
    /// The path as it was given, or `:memory:`.
    let path: String
    private let handle: OpaquePointer
    /// Prepared statements by their text. Texts are literals of the program, so they are few, and
    /// none is ever removed.
    private var statements: [String: PreparedStatement] = [:]
    /// How long a statement waits for another program's lock.
    private let patience: Patience

    /// Whether the file may be written, and whether it is made when it is missing.
    enum Mode {
        case readOnly, readWrite, create
    }

    /// Opens the file. SQLite reads nothing of it yet.
    ///
    /// - Parameter patience: how long a statement waits for another connection's lock.
    init(path: String, mode: Mode, patience: Patience) throws {
        self.path = path
        self.patience = patience
        let access =
            switch mode {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // Some builds of SQLite take a name that begins with `file:` for a URI.
        let name = path.hasPrefix("file:") ? "./" + path : path
        var opened: OpaquePointer?
        var systemCode: Int32 = 0
        let code = tram_sqlite3_open(name, &opened, access | SQLITE_OPEN_NOMUTEX, &systemCode)
        guard let opened else {
            throw StoreError.inputOutput(path: path, detail: "out of memory", atCommit: false)
        }
        handle = opened
        guard code == SQLITE_OK else { throw error(code, systemCode, in: "sqlite3_open") }
        sqlite3_extended_result_codes(handle, 1)
        // SQLite keeps this pointer as long as the connection is open, and the connection its
        // patience.
        sqlite3_busy_handler(
            handle, { waitForOthers($0, $1) }, Unmanaged.passUnretained(patience).toOpaque())
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement.pointer) }
        sqlite3_close_v2(handle)
    }

    /// Whether no transaction is open. An error in a transaction can end it: a full disk, a failed
    /// read.
    var isOutsideTransaction: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// Whether a row refers to a missing one, so that the commit would be refused.
    var hasUnresolvedReferences: Bool {
        var count: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &count, &highest, 0)
        return count > 0
    }

    /// Whether the file can only be read, whatever was asked for.
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// Makes sure that the file is still at its path: not deleted, and no other in its place.
    ///
    /// What this connection wrote to a file that is not there any more would be lost without an
    /// error. SQLite compares the numbers of the files (`SQLITE_FCNTL_HAS_MOVED`), which costs one
    /// `stat`.
    ///
    /// - Throws: `StoreError/moved(path:)`; `StoreError/inputOutput(path:detail:atCommit:)` when
    ///   the path cannot be looked at.
    func checkIsInPlace() throws {
        var systemCode: Int32 = 0
        guard tram_sqlite3_has_moved(handle, &systemCode) != 0 else { return }
        guard [0, ENOENT, ENOTDIR].contains(systemCode) else {
            let detail = SystemError("stat", path, code: systemCode).reason
            throw StoreError.inputOutput(path: path, detail: detail, atCommit: false)
        }
        throw StoreError.moved(path: path)
    }

    /// Undoes the open transaction, if there is one.
    func rollBack() {
        if isOutsideTransaction { return }
        // Should this fail, closing the connection undoes the transaction as well; the error that
        // led here says more than this one could.
        _ = try? run("ROLLBACK")
    }

    /// Switches a setting of ``SQLiteSetting``, and checks that it is switched.
    func configure(_ option: Int32, _ value: Bool) throws {
        let code = tram_sqlite3_db_config(handle, option, value ? 1 : 0)
        guard code == SQLITE_OK else { throw error(code, 0, in: "sqlite3_db_config(\(option))") }
    }

    /// Who runs a statement, from which it follows what the statement may do.
    enum Runner {
        /// The library's own code that drives transactions: any statement.
        case binding
        /// The body of a transaction: statements that read and change rows.
        case body
        /// The body of a `read`: statements that change nothing.
        case readingBody
        /// The body of a migration: statements that read and change rows or tables.
        case migration
    }

    /// Runs a statement to its end.
    ///
    /// A `RETURNING` statement that is left in the middle would make the commit fail, so every
    /// statement is stepped until it is done, and reset also when it fails.
    ///
    /// - Returns: the rows, and how many rows an INSERT, UPDATE or DELETE has changed. For any
    ///   other statement `changes` is that of the last one of those.
    @discardableResult
    func run(
        _ sql: SQL, for runner: Runner = .binding
    ) throws -> (rows: [Row], changes: Int) {
        let statement = try prepared(sql.text, for: runner)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in sql.values.enumerated() {
            try bind(value, at: Int32(index + 1), of: statement, in: sql)
        }
        var rows: [Row] = []
        while true {
            var systemCode: Int32 = 0
            let code = tram_sqlite3_step(statement, &systemCode)
            if code == SQLITE_DONE { return (rows, Int(sqlite3_changes64(handle))) }
            guard code == SQLITE_ROW else {
                throw errorOfData(code) ?? error(code, systemCode, in: sql.text)
            }
            rows.append(try row(of: statement))
        }
    }

    /// Writes the whole database, as the open transaction sees it, into a new file, and syncs that.
    /// By SQLite's backup interface, in one step.
    func copy(to path: String) throws {
        let target = try SQLiteConnection(path: path, mode: .create, patience: patience)
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_errcode(target.handle), 0, in: "a copy")
        }
        errno = 0
        let code = sqlite3_backup_step(backup, -1)
        let systemCode = errno
        sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE else {
            // The failure may be one of either file.
            let isOfSource = [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xFF)
            throw isOfSource
                ? error(code, systemCode, in: "a copy")
                : target.error(code, systemCode, in: "a copy")
        }
    }

    /// A statement from the cache, or newly prepared.
    ///
    /// The first word decides what it is before SQLite sees it (``StatementWord``); whether it
    /// writes is asked of SQLite. What a runner may not do is refused also when the statement is in
    /// the cache.
    ///
    /// - Throws: `StoreError/forbidden(sql:)`; `StoreError/failed(sql:code:detail:)` when the text
    ///   is not exactly one statement.
    private func prepared(_ text: String, for runner: Runner) throws -> OpaquePointer {
        if let statement = statements[text] {
            guard statement.isFor(runner) else { throw StoreError.forbidden(sql: text) }
            return statement.pointer
        }
        let isForBodies = StatementWord.isForBodies(text)
        let isForMigrations = isForBodies || StatementWord.isForMigrations(text)
        guard isForBodies || runner == .binding || isForMigrations && runner == .migration else {
            throw StoreError.forbidden(sql: text)
        }
        var statement: OpaquePointer?
        let isWhole = try text.withCString { start in
            var tail: UnsafePointer<CChar>?
            var systemCode: Int32 = 0
            let code = tram_sqlite3_prepare(handle, start, &statement, &tail, &systemCode)
            guard code == SQLITE_OK else { throw error(code, systemCode, in: text) }
            return tail.map { String(cString: $0).allSatisfy(\.isWhitespace) } ?? true
        }
        guard let statement, isWhole else {
            sqlite3_finalize(statement)
            throw StoreError.failed(sql: text, code: 0, detail: "not one statement")
        }
        let prepared = PreparedStatement(
            pointer: statement, isForBodies: isForBodies, isForMigrations: isForMigrations,
            isReading: sqlite3_stmt_readonly(statement) != 0)
        statements[text] = prepared
        guard prepared.isFor(runner) else { throw StoreError.forbidden(sql: text) }
        return statement
    }

    /// Binds a value. SQLite copies texts and bytes.
    private func bind(
        _ value: SQLValue, at index: Int32, of statement: OpaquePointer, in sql: SQL
    ) throws {
        if case .real(let number) = value, number.isNaN {
            // SQLite would take it for NULL.
            throw StoreError.failed(
                sql: sql.text, code: 0,
                detail: "value \(index) is not a number, or a date that is too far away")
        }
        let code =
            switch value {
            case .null: sqlite3_bind_null(statement, index)
            case .integer(let integer): sqlite3_bind_int64(statement, index, integer)
            case .real(let number): sqlite3_bind_double(statement, index, number)
            case .blob(let bytes):
                bytes.withUnsafeBytes {
                    tram_sqlite3_bind_blob(statement, index, $0.baseAddress, UInt64($0.count))
                }
            case .text(let text):
                // A C string also has an address when it is empty; a null pointer would bind NULL.
                text.withCString {
                    tram_sqlite3_bind_text(statement, index, $0, UInt64(text.utf8.count))
                }
            }
        guard code == SQLITE_OK else { throw error(code, 0, in: sql.text) }
    }

    /// The row on which the statement stands.
    private func row(of statement: OpaquePointer) throws -> Row {
        Row(
            try (0..<sqlite3_column_count(statement)).map { column in
                switch sqlite3_column_type(statement, column) {
                case SQLITE_NULL: return .null
                case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
                case SQLITE_TEXT:
                    // Asked for in this order, the length is that of the UTF-8 text.
                    guard let text = sqlite3_column_text(statement, column) else {
                        throw error(SQLITE_NOMEM, 0, in: "a text")
                    }
                    let count = Int(sqlite3_column_bytes(statement, column))
                    return .text(
                        String(
                            decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
                    )
                case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
                default:
                    // Asked for in this order, the length is that of the bytes; none have no address.
                    let start = sqlite3_column_blob(statement, column)
                    let count = Int(sqlite3_column_bytes(statement, column))
                    return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
                }
            })
    }

    /// Whether a table with AUTOINCREMENT has had a row with the greatest number, so that it can
    /// have no further one.
    private var hasUsedUpNumbers: Bool {
        let last = try? run("SELECT 1 FROM sqlite_sequence WHERE seq = \(Int.max)").rows.first
        return last != nil
    }

    /// An error that comes from the values that a sound statement met in the rows; nil when the
    /// error is of another kind.
    private func errorOfData(_ code: Int32) -> StoreError? {
        let detail = String(cString: sqlite3_errmsg(handle))
        let isOfData =
            code & 0xFF == SQLITE_TOOBIG
            || code == SQLITE_ERROR && ["integer overflow", "malformed JSON"].contains(detail)
        return isOfData ? .unexpectedRow(detail) : nil
    }

    /// What a result code means for the store.
    ///
    /// SQLite's codes alone do not tell a full disk from a failing one, nor a damaged page from one
    /// that could not be read. The errno of the failed system call does.
    ///
    /// - Parameters:
    ///   - code: the extended result code.
    ///   - systemCode: the errno that the call left, or 0.
    ///   - sql: the statement, or what was being done.
    private func error(_ code: Int32, _ systemCode: Int32, in sql: String) -> any Error {
        let message = String(cString: sqlite3_errmsg(handle))
        let system = SystemError("", path, code: systemCode)
        let detail = systemCode == 0 ? message : "\(message): \(system.reason)"
        let inputOutput = StoreError.inputOutput(
            path: path, detail: "\(detail) (\(code))", atCommit: sql == "COMMIT")
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            if Signals.pending != nil { return SystemError("wait", path, code: EINTR) }
            return StoreError.busy(path: path, waited: .milliseconds(patience.limit))
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            // A read that failed in one of these ways makes SQLite call the page malformed; it may
            // be sound.
            return [EIO, ENXIO, ERANGE].contains(systemCode)
                ? StoreError.inputOutput(path: path, detail: system.reason, atCommit: false)
                : StoreError.damaged(path: path, detail: message)
        case SQLITE_FULL where systemCode == 0:
            // No system call has failed, so SQLite has met a bound of its own.
            return hasUsedUpNumbers
                ? StoreError.damaged(path: path, detail: "a table has used up its numbers")
                : StoreError.full(path: path)
        case SQLITE_FULL, SQLITE_IOERR:
            return system.isForWantOfRoom ? StoreError.full(path: path) : inputOutput
        case SQLITE_READONLY where code == tram_sqlite3_readonly_dbmoved:
            return StoreError.moved(path: path)
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
            if system.isForWantOfRoom { return StoreError.full(path: path) }
            return systemCode == 0 || system.isRefusal
                ? StoreError.notWritable(path: path, detail: detail) : inputOutput
        case SQLITE_NOMEM, SQLITE_INTERRUPT: return inputOutput
        case SQLITE_CONSTRAINT: return StoreError.constraint(sql: sql, detail: message)
        default: return StoreError.failed(sql: sql, code: Int(code), detail: message)
        }
    }
}

/// A prepared statement, and who may run it.
private struct PreparedStatement {
    let pointer: OpaquePointer
    /// See ``StatementWord/isForBodies(_:)``.
    let isForBodies: Bool
    /// Whether migrations may run it, which may run all that bodies may: see
    /// ``StatementWord/isForMigrations(_:)``.
    let isForMigrations: Bool
    /// Whether SQLite says that it changes nothing in the file.
    let isReading: Bool

    func isFor(_ runner: SQLiteConnection.Runner) -> Bool {
        switch runner {
        case .binding: true
        case .body: isForBodies
        case .readingBody: isForBodies && isReading
        case .migration: isForMigrations
        }
    }
}

/// SQLite's busy handler: whether to try again what another connection's lock has refused `count`
/// times.
///
/// It sleeps a little longer each time, at most 25 ms, until the patience is used up or a signal
/// asks the process to end.
private func waitForOthers(_ patience: UnsafeMutableRawPointer?, _ count: Int32) -> Int32 {
    guard let patience else { return 0 }
    return Unmanaged<Patience>.fromOpaque(patience).takeUnretainedValue().wait { left in
        guard left > 0, Signals.pending == nil else { return 0 }
        MonotonicTime.sleep(milliseconds: min(left, Int(count) + 1, 25))
        return 1
    }
}
