public import Tram

/// The store of one of an application's services, before it is opened.
public struct StoreDefinition: Sendable {
    /// The name of the service that owns the store, and the first half of the ids of its messages. The
    /// file is named after it. For example `flights`.
    public let name: String
    /// Its tables.
    public let schema: Schema
    /// How the store is made anew from what others have sent: for a view. Nil for any other store.
    public let rebuilding: Rebuilding?
    /// Whether the others go on without the store when it cannot be used.
    public var isDisposable: Bool { rebuilding != nil }

    /// How a view is made anew, in the commands of its application.
    public struct Rebuilding: Sendable {
        /// What the store holds, as a part of a sentence. For example `the order history`.
        public let view: String
        /// The command, without the program's name. For example `history rebuild`.
        public let command: String
        /// The command when messages of the past have been purged. For example
        /// `history rebuild --incomplete`.
        public let commandAfterPurge: String

        /// Names the commands.
        public init(of view: String, by command: String, afterPurge commandAfterPurge: String) {
            self.view = view
            self.command = command
            self.commandAfterPurge = commandAfterPurge
        }
    }

    /// Describes the store of a service.
    public init(_ name: String, _ schema: Schema, rebuilding: Rebuilding? = nil) {
        self.name = name
        self.schema = schema
        self.rebuilding = rebuilding
    }
}
