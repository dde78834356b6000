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
    /// Its tables whose rows are numbered from 1 and never deleted: a row that is gone is found by a check.
    /// The library's own are known.
    public let numbered: [String]
    /// The types of the events with which its aggregates begin. By them a check knows what was created after
    /// an older copy of a store was put back, and has lost nothing. For example `["OrderCreated"]`.
    public let firstEvents: [String]
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
        /// The gaps of a view: by the name of a service, the highest number of a message that was purged
        /// before the view could be told of it.
        let gaps: Gaps

        /// Reads the gaps in a transaction on the view's store.
        public typealias Gaps =
            @Sendable (_ transaction: any Transaction) throws -> [String: Int]

        /// Names the commands.
        ///
        /// - Parameter gaps: reads what the view was not told of when it was made; it has no gaps if nothing
        ///   is said.
        public init(
            of view: String, by command: String, afterPurge commandAfterPurge: String,
            gaps: @escaping Gaps = { _ in [:] }
        ) {
            self.view = view
            self.command = command
            self.commandAfterPurge = commandAfterPurge
            self.gaps = gaps
        }
    }

    /// Describes the store of a service.
    public init(
        _ name: String, _ schema: Schema, numbered: [String] = [], firstEvents: [String] = [],
        rebuilding: Rebuilding? = nil
    ) {
        self.name = name
        self.schema = schema
        self.numbered = numbered
        self.firstEvents = firstEvents
        self.rebuilding = rebuilding
    }
}
