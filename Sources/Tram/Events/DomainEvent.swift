/// Something that happened to an aggregate, told to whoever subscribes to its channel.
///
/// The stored properties of the conforming type are the event's JSON; its names on the wire are
/// declared, never Swift's own, so that renaming a type breaks nobody.
public protocol DomainEvent: Codable, Sendable {
    /// The event's name on the wire, for example `OrderCreated`.
    static var eventType: String { get }
    /// The channel of the aggregate that it happened to.
    static var channel: EventChannel { get }
}

/// Where events about aggregates of one type are told. Its name is that type, for example `Order`.
public struct EventChannel: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The channel's name on the wire: the kind of thing that its events are about.
    public let name: String

    /// The channel of this name.
    public init(_ name: String) {
        self.name = name
    }

    public init(stringLiteral name: String) {
        self.init(name)
    }
}

extension Transaction {
    /// Publishes an event about an aggregate, as part of this transaction.
    ///
    /// - Parameter headers: further headers, for example ``MessageHeader/traceParent``.
    /// - Returns: the message's id.
    /// - Throws: ``ReservedHeader`` when a further header is one that the library sets.
    @discardableResult
    public func publish<Event: DomainEvent>(
        _ event: Event, about aggregateID: some CustomStringConvertible,
        headers: [String: String] = [:]
    ) throws -> MessageID {
        try MessageHeader.refuseReserved(headers)
        var all = headers
        all[MessageHeader.eventType] = Event.eventType
        all[MessageHeader.eventAggregateType] = Event.channel.name
        all[MessageHeader.eventAggregateID] = aggregateID.description
        return try Outbox(self).append(
            OutgoingMessage(
                type: Event.eventType, destination: Event.channel.name,
                partitionID: aggregateID.description, headers: all,
                payload: WireFormat.encode(event)))
    }
}
