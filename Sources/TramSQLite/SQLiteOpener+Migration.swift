internal import Tram

/// Bringing a store up to date, for which nobody else may have it open.
extension SQLiteOpener {
    /// Brings the store up to date while nobody else has it open, in this process or another.
    ///
    /// A process that has opened the store as it was would go on writing to tables that are no
    /// longer the same. Whoever has opened a store with a write-ahead log keeps a shared lock on
    /// the file until it closes it; SQLite's exclusive locking mode is refused while there is one.
    ///
    /// - Parameter creating: whether the file may be empty.
    /// - Throws: `StoreError.inUse` when another connection has the file open.
    func migrateExclusively(creating: Bool) throws {
        let connection = try SQLiteConnection(
            path: path, mode: creating ? .create : .readWrite, patience: patience)
        try exclude(connection) { _ = try checkHeader(of: connection, mayBeNew: creating) }
        try useWriteAheadLog(connection)
        try migrate(connection)
    }

    /// Makes sure that nobody else has the file open, until the connection is closed.
    ///
    /// - Parameters:
    ///   - connection: it has not looked into the file yet.
    ///   - look: a look into the file, which takes the lock.
    /// - Throws: `StoreError.inUse` when somebody has.
    private func exclude(_ connection: SQLiteConnection, _ look: () throws -> Void) throws {
        // Before the first look into the file, so that the log is opened for this connection alone.
        try connection.run("PRAGMA locking_mode = EXCLUSIVE")
        do {
            try configure(connection)
            try look()
        } catch StoreError.busy(let path, let waited) {
            throw StoreError.inUse(path: path, waited: waited)
        }
    }

    /// Makes sure that nobody else has the file open at this moment.
    ///
    /// - Throws: `StoreError.inUse` when another connection, of this process or another, has the
    ///   file open.
    func requireAlone() throws {
        try requireFile()
        let connection = try SQLiteConnection(
            path: path, mode: .readWrite, patience: patience)
        try exclude(connection) { _ = try connection.run("PRAGMA user_version") }
    }

    /// Runs the migrations that the store has not had, and records its new version, in one
    /// transaction: after a crash, all of them have been run or none.
    func migrate(_ connection: SQLiteConnection) throws {
        try connection.run("BEGIN IMMEDIATE")
        do {
            // Inside the transaction: another process may have migrated the store while this one
            // waited.
            let version = try checkHeader(of: connection, mayBeNew: true)
            let transaction = SQLiteTransaction(
                connection, storeName: name, now: clock(), isMigration: true)
            defer { transaction.close() }
            for migration in schema.library.dropFirst(version.library)
                + schema.migrations.dropFirst(version.application)
            {
                for statement in migration.statements {
                    try connection.run(SQL(unsafeText: statement))
                }
                try migration.body(transaction)
            }
            try connection.run(
                SQL(unsafeText: "PRAGMA application_id = \(schema.applicationID)"))
            try connection.run(
                SQL(unsafeText: "PRAGMA user_version = \(schema.version.number)"))
            // Tables that were made just now need no comparison; those of an older store do.
            if version.number == 0 {
                try noteSchema(digestOfSchema(of: connection), in: connection)
            }
            try connection.run("COMMIT")
        } catch {
            connection.rollBack()
            throw error
        }
    }
}
