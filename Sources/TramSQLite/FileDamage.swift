public import Tram

/// What SQLite itself finds wrong in a store, one line each; none for a sound store.
///
/// These are broken pages and indexes, rows that break a `CHECK`, and rows that refer to others
/// which are not there (`PRAGMA integrity_check` and `foreign_key_check`). It reads the whole file,
/// so it takes a time that grows with it.
///
/// ```swift
/// let damage = try orders.read { try fileDamage(in: $0) }
/// ```
public func fileDamage(in transaction: any Transaction) throws -> [String] {
    // As table-valued functions, since the body of a transaction may not run a PRAGMA.
    let integrity: [String] = try transaction.rows(
        "SELECT * FROM pragma_integrity_check"
    ).map {
        let line: String = try $0.values()
        return line
    }
    let orphans: [String] = try transaction.rows(
        "SELECT * FROM pragma_foreign_key_check"
    ).map {
        let (table, _, parent, _): (String, Int?, String, Int) = try $0.values()
        return "a row of \(table) refers to a row of \(parent) that is not there"
    }
    return integrity.filter { $0 != "ok" } + orphans
}
