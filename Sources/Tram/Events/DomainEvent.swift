/// Something that happened to an aggregate, told to whoever subscribes to its channel.
///
/// The stored properties of the conforming type are the event's JSON; its names on the wire are
/// declared, never Swift's own, so that renaming a type breaks nobody.
public protocol DomainEvent: Codable, Sendable {
    /// The event's name on the wire, for example `OrderCreated`.
    static var eventType: String { get }
    /// The type of the aggregate that it happened to, which is also its channel.
    static var aggregateType: String { get }
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
        all[MessageHeader.eventAggregateType] = Event.aggregateType
        all[MessageHeader.eventAggregateID] = aggregateID.description
        return try Outbox(self).append(
            OutgoingMessage(
                type: Event.eventType, destination: Event.aggregateType,
                partitionID: aggregateID.description, headers: all,
                payload: WireFormat.encode(event)))
    }
}
