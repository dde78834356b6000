/// The tables of a store as numbered migrations: the library's, and the application's own.
///
/// ```swift
/// let schema = Schema(
///     applicationID: 0x5452_4D4F, library: LibraryTables.messaging,
///     migrations: [
///         ["CREATE TABLE entry (id INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT"],
///         ["ALTER TABLE entry ADD COLUMN note TEXT"],
///     ])
/// ```
///
/// A store is brought up to date when it is opened for writing, in one transaction. A migration
/// that has reached a user must never change; append another one. The tables of a store are
/// compared with what its migrations make, so a change by hand is noticed as
/// ``StoreError/damaged(path:detail:)``.
public struct Schema: Sendable {
    /// Marks the file as a store of this kind (SQLite's `application_id`, 32 bits), so that no
    /// other program's file is taken for one. Choose it once for each kind of store; 0 marks
    /// nothing.
    public let applicationID: Int
    /// The migrations of the library's tables, the first from an empty database. A kind of store
    /// provides them, for example `LibraryTables` of TramSQLite. Empty for a store without
    /// messages.
    public let library: [Migration]
    /// The migrations of the application's own tables. They run after all of the library's, in one
    /// transaction with them.
    public let migrations: [Migration]

    /// A schema of these parts.
    ///
    /// - Precondition: there are fewer than 1000 migrations of the application.
    public init(applicationID: Int, library: [Migration] = [], migrations: [Migration] = []) {
        precondition(migrations.count < StoreVersion.step, "too many migrations")
        self.applicationID = applicationID
        self.library = library
        self.migrations = migrations
    }

    /// The version of a store that has had all migrations.
    public var version: StoreVersion {
        StoreVersion(library: library.count, application: migrations.count)
    }
}

/// What leads a store from one version to the next. An array literal of statements is a migration
/// without a body.
public struct Migration: Sendable {
    /// The statements that change the tables, each a single one, in their order.
    public let statements: [String]
    /// What to do with the rows afterwards, in the same transaction. It must not depend on types of
    /// the program that may change later: it runs again whenever an old store is opened.
    public let body: @Sendable (any Transaction) throws -> Void

    /// A migration of these parts.
    ///
    /// - Parameters:
    ///   - statements: they are also what the store's tables are compared with, so tables must not
    ///     be changed in `body`.
    ///   - body: changes rows. An error undoes the whole migration, and the store stays at its
    ///     version.
    public init(
        _ statements: [String],
        _ body: @escaping @Sendable (any Transaction) throws -> Void = { _ in }
    ) {
        self.statements = statements
        self.body = body
    }
}

extension Migration: ExpressibleByArrayLiteral {
    /// A migration that only runs these statements.
    public init(arrayLiteral statements: String...) {
        self.init(statements)
    }
}

/// How many migrations a store has had: the library's and the application's.
///
/// A file's header has room for one number only, SQLite's `user_version`. Both counts share it:
/// version 5 of the library's tables and 3 of the application's are 5003.
public struct StoreVersion: Hashable, Sendable {
    /// What one migration of the library adds to the number.
    static let step = 1000

    /// The version of the library's tables.
    public let library: Int
    /// The version of the application's tables.
    public let application: Int

    init(library: Int, application: Int) {
        self.library = library
        self.application = application
    }

    /// Reads the number that a file holds.
    ///
    /// Before the library's tables had a version of their own, they were a part of the
    /// application's first migration, and the number was the application's: such a store is at
    /// version 1 of the library.
    ///
    /// - Parameters:
    ///   - number: SQLite's `user_version`.
    ///   - hasLibrary: whether the store has the library's tables.
    public init(number: Int, hasLibrary: Bool) {
        if number >= Self.step {
            self.init(library: number / Self.step, application: number % Self.step)
        } else {
            self.init(library: hasLibrary && number > 0 ? 1 : 0, application: number)
        }
    }

    /// The number that a file holds: `library` times 1000 and `application`.
    public var number: Int { library * Self.step + application }
}
