internal import Tram

/// Checking that a store has the tables that the program's migrations make.
///
/// A version number alone does not show that a table was changed by hand, or by a program with the
/// same number of other migrations. Handlers would then fail in the middle of the work, or write to
/// a column that means something else.
extension SQLiteOpener {
    /// Compares the tables and indexes with those that the migrations make. There may be others
    /// besides.
    ///
    /// For the comparison, the migrations are run in memory, which takes longer than most commands
    /// do. So the store remembers, by a digest, which schema was found sound, by which program. As
    /// long as both are the same, nothing is compared.
    ///
    /// - Returns: the digest to remember; nil when the store has it already, or cannot remember
    ///   one.
    /// - Throws: `StoreError.damaged` with the name of what is different.
    func checkSchema(of connection: SQLiteConnection) throws -> Int? {
        let known = try knownDigest(in: connection)
        let digest = try digestOfSchema(of: connection)
        if case .digest(digest) = known { return nil }
        try compareSchema(of: connection)
        if case .cannotRemember = known { return nil }
        return digest
    }

    /// Makes the store remember that a schema is sound, if it can.
    func noteSchema(_ digest: Int, in connection: SQLiteConnection) throws {
        if case .cannotRemember = try knownDigest(in: connection) { return }
        try connection.run("UPDATE store_identity SET schema_digest = \(digest)")
    }

    /// Makes sure, inside a transaction, that the store still has the version that it was opened
    /// with.
    ///
    /// - Throws: `StoreError.tooNew` when a newer program has migrated it; `StoreError.moved` when
    ///   it has an older version, and so is another file.
    func checkVersion(of connection: SQLiteConnection) throws {
        let number: Int = try connection.run("PRAGMA user_version").rows[0].values()
        let known = schema.version
        if number == known.number { return }
        let version = StoreVersion(number: number, hasLibrary: !schema.library.isEmpty)
        if version == known { return }
        throw version.library > known.library || version.application > known.application
            ? StoreError.tooNew(path: path, version: number, supported: known.number)
            : StoreError.moved(path: path)
    }

    /// What a store remembers of its schema.
    private enum KnownDigest {
        /// The digest of the schema that was found sound.
        case digest(Int)
        /// It was never compared, or that was not recorded.
        case none
        /// There is no such column, because the service has tables of its own only, or because it
        /// was lost.
        case cannotRemember
    }

    /// What the store remembers of its schema. A statement that fails means that the column is not
    /// there.
    private func knownDigest(in connection: SQLiteConnection) throws -> KnownDigest {
        if schema.library.isEmpty { return .cannotRemember }
        do {
            let rows = try connection.run("SELECT schema_digest FROM store_identity").rows
            guard let row = rows.first else { return .cannotRemember }
            let digest: Int? = try row.values()
            return digest.map(KnownDigest.digest) ?? .none
        } catch StoreError.failed {
            return .cannotRemember
        }
    }

    /// A digest of a store's schema, and of the statements that should have made it.
    ///
    /// It does not depend on where in the file the tables are, so it is the same for a copy.
    func digestOfSchema(of connection: SQLiteConnection) throws -> Int {
        var digest = MessageDigest()
        for statement in statements { digest.add(statement) }
        let rows = try connection.run(
            "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY name, type"
        ).rows
        for row in rows {
            for case .text(let text) in row.columns { digest.add(text) }
        }
        return digest.value
    }

    /// The statements of all migrations, in their order.
    private var statements: [String] {
        (schema.library + schema.migrations).flatMap(\.statements)
    }

    /// Runs all migrations in memory and compares what they make with what the store has.
    ///
    /// - Throws: `StoreError.damaged` for the first difference, or for a trigger.
    private func compareSchema(of connection: SQLiteConnection) throws {
        // Tables of others do no harm. A trigger could change what is written.
        let triggers: SQL = "SELECT name FROM sqlite_schema WHERE type = 'trigger' LIMIT 1"
        if let trigger = try connection.run(triggers).rows.first {
            let name: String = try trigger.values()
            throw StoreError.damaged(path: path, detail: "it has a trigger, '\(name)'")
        }
        let model = try SQLiteConnection(path: ":memory:", mode: .create, patience: patience)
        for statement in statements { try model.run(SQL(unsafeText: statement)) }
        let query: SQL = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
        let actual = try connection.run(query).rows.reduce(into: [:] as [String: String]) {
            let (object, sql): (String, String) = try $1.values()
            $0[object.lowercased()] = sql
        }
        for row in try model.run(query).rows {
            let (object, expected): (String, String) = try row.values()
            let found = actual[object.lowercased()]
            if let found, found == expected || SchemaText(found) == SchemaText(expected) {
                continue
            }
            throw StoreError.damaged(
                path: path, detail: "its schema is not the expected one: see '\(object)'")
        }
    }
}
