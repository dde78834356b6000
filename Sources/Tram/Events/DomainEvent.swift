/// Something that has happened to an aggregate, published to every subscriber of its channel.
///
/// The stored properties of the conforming type are the event's JSON. Its names on the wire are
/// declared and independent of Swift's name for the type, so renaming the type breaks nobody:
///
/// ```swift
/// struct OrderCreated: DomainEvent {
///     static let eventType = "OrderCreated"
///     static let channel: EventChannel = "Order"
///     let total: Int
/// }
/// ```
///
/// The id of the aggregate is not part of the payload; it is given to
/// ``Transaction/publish(_:about:headers:)`` and travels as a header. An event may have any number
/// of subscribers, also none. For a request to one service that is to answer, use a ``Command``.
///
/// After the pattern "Domain event" (Chris Richardson, *Microservices Patterns*, section 5.3) and
/// `DomainEvent` of Eventuate Tram.
public protocol DomainEvent: Codable, Sendable {
    /// The event's name on the wire, for example `OrderCreated`. Before changing it, see
    /// ``FormerMessage``.
    static var eventType: String { get }
    /// The channel of the aggregates that the event is about.
    static var channel: EventChannel { get }
}

/// The channel of the events about one type of aggregate.
///
/// It bears the name of that type, for example `Order`, and is written in the header
/// ``MessageHeader/eventAggregateType``. Events about one aggregate on one channel arrive at each
/// subscriber in the order in which they were published; between aggregates there is no order.
public struct EventChannel: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The channel's name on the wire: the type of aggregate.
    public let name: String

    /// The channel with this name on the wire.
    public init(_ name: String) {
        self.name = name
    }

    public init(stringLiteral name: String) {
        self.init(name)
    }
}

extension Transaction {
    /// Publishes an event about an aggregate as part of this transaction.
    ///
    /// The event is a row of the outbox, inserted together with the rows that it tells of: either
    /// both are committed or neither. A relay delivers it afterwards to every subscriber that
    /// accepts it.
    ///
    /// ```swift
    /// try orders.write { transaction in
    ///     let id = try Orders(transaction).insert(total: 400)
    ///     try transaction.publish(OrderCreated(total: 400), about: id)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - event: what has happened.
    ///   - aggregateID: the aggregate that it happened to. Its description is the partition id,
    ///     which orders deliveries.
    ///   - headers: further headers, for example ``MessageHeader/traceParent``.
    /// - Returns: the message's id.
    /// - Throws: ``ReservedHeader`` when `headers` has a name that the library sets, an
    ///   `EncodingError` when the event has no JSON form, a ``StoreError`` when the row cannot be
    ///   inserted.
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
