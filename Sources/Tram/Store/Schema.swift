/// The tables of a store, as numbered migrations: the library's, and the application's own.
public struct Schema: Sendable {
    /// Marks the file as a store of this kind, so that no other program's file is taken for one.
    public let applicationID: Int
    /// What leads from one version of the library's tables to the next, the first from an empty
    /// database. A kind of store provides them.
    public let library: [Migration]
    /// The same for the application's own tables, which come after the library's. Landed migrations
    /// never change; new ones are appended.
    public let migrations: [Migration]

    /// A schema of these parts.
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

/// What leads a store from one version to the next.
public struct Migration: Sendable {
    /// The statements that change the tables.
    public let statements: [String]
    /// What is to be done with the rows afterwards, in the same transaction.
    public let body: @Sendable (any Transaction) throws -> Void

    /// A migration of these parts.
    public init(
        _ statements: [String],
        _ body: @escaping @Sendable (any Transaction) throws -> Void = { _ in }
    ) {
        self.statements = statements
        self.body = body
    }
}

extension Migration: ExpressibleByArrayLiteral {
    public init(arrayLiteral statements: String...) {
        self.init(statements)
    }
}

/// How many migrations a store has had: the library's and the application's, in one number, so that
/// a file's header can hold both.
public struct StoreVersion: Hashable, Sendable {
    static let step = 1000

    /// The version of the library's tables.
    public let library: Int
    /// The version of the application's tables.
    public let application: Int

    init(library: Int, application: Int) {
        self.library = library
        self.application = application
    }

    /// Reads the number that a file holds. Before the library's tables had a version of their own,
    /// they were a part of the application's first migration, and the number was the application's.
    ///
    /// - Parameter hasLibrary: whether the store has the library's tables.
    public init(number: Int, hasLibrary: Bool) {
        if number >= Self.step {
            self.init(library: number / Self.step, application: number % Self.step)
        } else {
            self.init(library: hasLibrary && number > 0 ? 1 : 0, application: number)
        }
    }

    /// The number that a file holds.
    public var number: Int { library * Self.step + application }
}
