internal import CSQLite

/// The connection settings that are switched through the C interface, which tells whether it worked.
enum SQLiteSetting {
    static let defensive = SQLITE_DBCONFIG_DEFENSIVE
    static let trustedSchema = SQLITE_DBCONFIG_TRUSTED_SCHEMA
    static let foreignKeys = SQLITE_DBCONFIG_ENABLE_FKEY
    static let noCheckpointOnClose = SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
}
