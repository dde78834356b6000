public import Tram

/// The store of one of an application's services, before it is opened.
public struct StoreDefinition: Sendable {
    /// The name of the service that owns the store, and the first half of the ids of its messages. The
    /// file is named after it. For example `flights`.
    public let name: String
    /// Its tables.
    public let schema: Schema
    /// Whether the store can be made anew from what others have sent, so that they go on without it
    /// when it cannot be used: a view.
    public let isDisposable: Bool

    /// Describes the store of a service.
    public init(_ name: String, _ schema: Schema, isDisposable: Bool = false) {
        self.name = name
        self.schema = schema
        self.isDisposable = isDisposable
    }
}
