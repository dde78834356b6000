/// The tables of a store, as numbered migrations.
public struct Schema: Sendable {
    /// Marks the file as a store of this kind, so that no other program's file is taken for one.
    public let applicationID: Int
    /// The statements that lead from version n to version n + 1, the first from an empty database.
    /// Landed migrations never change; new ones are appended.
    public let migrations: [[String]]

    public init(applicationID: Int, migrations: [[String]]) {
        self.applicationID = applicationID
        self.migrations = migrations
    }

    /// The version of a store that has had all migrations.
    public var version: Int { migrations.count }
}
