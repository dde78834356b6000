internal import CSQLite

/// The settings of a connection that are switched by `sqlite3_db_config`, which reports whether it
/// worked.
enum SQLiteSetting {
    /// Refuses statements that can damage the file, such as writing to `sqlite_schema`.
    static let defensive = SQLITE_DBCONFIG_DEFENSIVE
    /// Whether functions in the schema of a file may have side effects. A file may come from
    /// anywhere, so it is switched off.
    static let trustedSchema = SQLITE_DBCONFIG_TRUSTED_SCHEMA
    /// Checks references between rows. SQLite does not unless it is asked to.
    static let foreignKeys = SQLITE_DBCONFIG_ENABLE_FKEY
    /// Leaves the write-ahead log as it is when the last connection closes.
    static let noCheckpointOnClose = SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
}
