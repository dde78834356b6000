internal import Platform
internal import Tram

/// Opens a store's connections, and checks what it opens before it changes anything: a file that is
/// not the expected store stays as it is.
///
/// The checks are: the file is there and is SQLite's, it has the application id and a known version
/// in its header, and the schema of that version. A store of an older version is brought up to date
/// by ``migrateExclusively(creating:)``.
///
/// A store has two locks. The *writers' lock* is an operating-system lock on the file `…-lock`
/// beside the store; every transaction that writes holds it. SQLite's own lock is always taken
/// after it, so no thread waits for a store's writers' lock while it holds the other one of the
/// same store.
struct SQLiteOpener {
    /// The name of the store: that of its service.
    let name: String
    let path: String
    let schema: Schema
    /// Tells the time of transactions.
    let clock: () -> Timestamp
    /// How long to wait for other processes, for all locks of a transaction together.
    let patience: Patience

    /// An opener like this one for another file.
    func at(_ path: String) -> SQLiteOpener {
        SQLiteOpener(
            name: name, path: path, schema: schema, clock: clock, patience: patience)
    }

    /// A new store in memory, with all tables.
    func openInMemory() throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, mode: .create, patience: patience)
        try configure(connection)
        try migrate(connection)
        return connection
    }

    /// Opens an existing store for reading, and checks it.
    ///
    /// - Returns: nil when the store has an older version, which only a writer can bring up to
    ///   date.
    /// - Throws: `StoreError.missing`, `.foreign`, `.tooNew` or `.damaged`.
    func openForReading() throws -> SQLiteConnection? {
        try requireFile()
        let connection = try SQLiteConnection(path: path, mode: .readOnly, patience: patience)
        return try checking {
            try configure(connection)
            guard try checkHeader(of: connection, mayBeNew: false) == schema.version else {
                return nil
            }
            _ = try checkSchema(of: connection)
            return connection
        }
    }

    /// A connection that may write, and the writers' lock.
    struct Opened {
        let connection: SQLiteConnection
        let lock: FileLock
        /// The digest of a schema that was found sound and that the store does not remember yet;
        /// nil when it does.
        let newDigest: Int?
    }

    /// Opens a store for writing, checks it, and brings it up to date.
    ///
    /// A store that is up to date is opened without waiting for its writers. Otherwise the writers'
    /// lock is taken, and it is looked at again: of several processes that come at once, one
    /// migrates.
    ///
    /// - Parameter creating: whether to make the store if there is none. A process that dies in
    ///   between leaves an empty file, which the next one goes on with.
    func openForWriting(creating: Bool) throws -> Opened {
        if !creating { try requireFile() }
        guard !isOnNetworkFileSystem(path) else {
            throw StoreError.notWritable(path: path, detail: "it is on a network file system")
        }
        let lock = try makeLock()
        if creating { try makeFile(lock) }
        if let (connection, digest) = try openUpToDate(creating: creating) {
            // A store that is up to date is opened without the writers' lock. A busy writer that
            // releases the lock and takes it again at once would keep a newcomer waiting for long.
            if try !usesWriteAheadLog(connection) {
                try holding(lock) { try useWriteAheadLog(connection) }
            }
            return Opened(connection: connection, lock: lock, newDigest: digest)
        }
        return try holding(lock) {
            // Another process may have been faster.
            if let (connection, digest) = try openUpToDate(creating: creating) {
                return Opened(connection: connection, lock: lock, newDigest: digest)
            }
            try migrateExclusively(creating: creating)
            guard let (connection, digest) = try openUpToDate(creating: false) else {
                throw StoreError.damaged(path: path, detail: "it could not be brought up to date")
            }
            // Otherwise every process that only reads would compare the schema again.
            if let digest { try noteSchema(digest, in: connection) }
            return Opened(connection: connection, lock: lock, newDigest: nil)
        }
    }

    /// Opens a store if it is up to date.
    ///
    /// - Returns: the connection, and the digest of the schema if the store does not remember it;
    ///   nil when the store has an older version, or none yet.
    private func openUpToDate(
        creating: Bool
    ) throws -> (connection: SQLiteConnection, newDigest: Int?)? {
        let connection = try SQLiteConnection(
            path: path, mode: creating ? .create : .readWrite, patience: patience)
        var newDigest: Int?
        let isUpToDate = try checking {
            try configure(connection)
            guard try checkHeader(of: connection, mayBeNew: creating) == schema.version else {
                return false
            }
            newDigest = try checkSchema(of: connection)
            return true
        }
        guard !connection.isReadOnly else {
            // SQLite opens a file of a later format for reading only, too.
            throw Files.isWritable(path)
                ? StoreError.damaged(path: path, detail: "its header has an unknown form")
                : StoreError.notWritable(path: path, detail: "the file is read-only")
        }
        return isUpToDate ? (connection, newDigest) : nil
    }

    /// Opens a store of this version or an older one for reading, without bringing it up to date or
    /// comparing its schema.
    func openForCopying() throws -> SQLiteConnection {
        try requireFile()
        let connection = try SQLiteConnection(
            path: path, mode: .readOnly, patience: patience)
        try configure(connection)
        _ = try checkHeader(of: connection, mayBeNew: false)
        return connection
    }

    /// The lock that every writer of the store holds. It lies beside the file itself, so that it is
    /// the same one whatever link leads there.
    func makeLock() throws -> FileLock {
        try system { () throws(SystemError) in
            try FileLock(path: (Files.resolve(path) ?? path) + "-lock")
        }
    }

    /// Makes the empty file that becomes the store, if there is none.
    ///
    /// SQLite would make it readable for others than its owner, and gives the files beside it the
    /// same rights.
    private func makeFile(_ lock: FileLock) throws {
        let path = path
        guard try system({ () throws(SystemError) in try Files.size(of: path) }) == nil else {
            return
        }
        try holding(lock) { try makePrivateFile() }
    }

    /// Makes an empty file that only its owner may read and write, unless there is a file.
    func makePrivateFile() throws {
        let path = path
        try system { () throws(SystemError) in try Files.makePrivateFile(path) }
    }

    /// Turns a refusal of the operating system into an error of this store. An interruption by a
    /// signal stays what it is.
    func system<Result>(_ body: () throws(SystemError) -> Result) throws -> Result {
        do {
            return try body()
        } catch  where error.isInterruption {
            throw error
        } catch  where error.isForWantOfRoom {
            throw StoreError.full(path: path)
        } catch  where error.isRefusal {
            throw StoreError.notWritable(path: path, detail: error.reason)
        } catch {
            throw StoreError.inputOutput(path: path, detail: "\(error)", atCommit: false)
        }
    }

    /// Runs the checks of a file. A statement of theirs that fails has met a file that is not what
    /// it seems: that is damage, not a mistake in the program.
    private func checking<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch StoreError.failed(_, _, let detail) {
            throw StoreError.damaged(path: path, detail: detail)
        }
    }

    /// Runs `body` while it holds the lock; without a lock, it only runs it.
    func holding<Result>(_ lock: FileLock?, _ body: () throws -> Result) throws -> Result {
        guard let lock else { return try body() }
        try acquire(lock)
        defer { lock.release() }
        return try body()
    }

    /// Waits for the lock.
    ///
    /// - Throws: `StoreError.busy` when the patience is used up.
    func acquire(_ lock: FileLock) throws {
        let isHeld = try system { () throws(SystemError) in
            try patience.wait { left throws(SystemError) in
                try lock.acquire(waitingAtMost: left)
            }
        }
        guard isHeld else {
            throw StoreError.busy(path: path, waited: .milliseconds(patience.limit))
        }
    }

    /// - Throws: `StoreError.missing` when there is no file, or an empty one: a store that is being
    ///   made.
    func requireFile() throws {
        let size = try system { () throws(SystemError) in try Files.size(of: path) }
        guard let size, size > 0 else { throw StoreError.missing(path: path) }
    }

    /// Sets what every connection needs, and reads back what could silently not have taken effect.
    /// None of it changes the file.
    ///
    /// `synchronous=FULL` makes a commit wait until the log is on the disk: a committed message may
    /// be delivered at once, and must not be lost by its sender afterwards.
    func configure(_ connection: SQLiteConnection) throws {
        // A process that makes one transaction should not copy the whole log at its exit. This
        // comes first, since a checkpoint would also rewrite a file that turns out not to be a
        // store of this program.
        try connection.configure(SQLiteSetting.noCheckpointOnClose, true)
        try connection.configure(SQLiteSetting.defensive, true)
        try connection.configure(SQLiteSetting.trustedSchema, false)
        try connection.configure(SQLiteSetting.foreignKeys, true)
        // The first process to open a store reads its whole log, so the log is kept short: 100
        // pages.
        try connection.run("PRAGMA wal_autocheckpoint = 100")
        try connection.run("PRAGMA synchronous = FULL")
        let synchronous: Int = try connection.run("PRAGMA synchronous").rows[0].values()
        guard synchronous == 2 else {
            throw StoreError.notWritable(path: path, detail: "it cannot be written durably")
        }
    }

    /// Whether the file has a write-ahead log.
    private func usesWriteAheadLog(_ connection: SQLiteConnection) throws -> Bool {
        let mode: String = try connection.run("PRAGMA journal_mode").rows[0].values()
        return mode == "wal"
    }

    /// Gives the file a write-ahead log, so that readers and a writer do not wait for one another.
    /// It stays so for every later connection.
    func useWriteAheadLog(_ connection: SQLiteConnection) throws {
        if try usesWriteAheadLog(connection) { return }
        let mode: String = try connection.run("PRAGMA journal_mode = WAL").rows[0].values()
        guard mode == "wal" else {
            throw StoreError.notWritable(path: path, detail: "it cannot have a write-ahead log")
        }
    }

    /// Checks the application id and the version in the file's header.
    ///
    /// - Parameter mayBeNew: whether an empty database is accepted.
    /// - Returns: the version of the store, 0 for an empty database.
    /// - Throws: `StoreError.foreign`, `.tooNew` or `.damaged`.
    func checkHeader(
        of connection: SQLiteConnection, mayBeNew: Bool
    ) throws -> StoreVersion {
        // All in one statement, which sees one snapshot: a migration may be committing meanwhile.
        let row = try connection.run(
            """
            SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
            FROM pragma_user_version, pragma_application_id
            """
        ).rows[0]
        let (number, applicationID, objects): (Int, Int, Int) = try row.values()
        let version = StoreVersion(number: number, hasLibrary: !schema.library.isEmpty)
        if applicationID == 0 && number == 0 && objects == 0 {
            if mayBeNew { return version }
            throw StoreError.damaged(path: path, detail: "the database is empty")
        }
        guard applicationID == schema.applicationID else {
            throw StoreError.foreign(path: path, applicationID: applicationID)
        }
        guard number > 0 else {
            throw StoreError.damaged(path: path, detail: "its version is \(number)")
        }
        guard version.library <= schema.library.count,
            version.application <= schema.migrations.count
        else {
            throw StoreError.tooNew(
                path: path, version: number, supported: schema.version.number)
        }
        return version
    }
}
