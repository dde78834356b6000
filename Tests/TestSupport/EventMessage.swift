package import Tram

/// A message as the relay would deliver it, for a test of a handler.
package func eventMessage<Event: DomainEvent>(
    _ event: Event, about aggregateID: Int, id: String
) throws -> Message {
    guard let id = MessageID(id) else { throw WireFormatError(id) }
    return Message(
        id: id, type: Event.eventType, destination: Event.channel.name,
        partitionID: "\(aggregateID)",
        headers: [
            MessageHeader.eventType: Event.eventType,
            MessageHeader.eventAggregateType: Event.channel.name,
            MessageHeader.eventAggregateID: "\(aggregateID)",
        ],
        payload: try WireFormat.encode(event))
}
