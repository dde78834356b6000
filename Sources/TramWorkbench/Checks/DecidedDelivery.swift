public import Tram

/// A delivery about which an operator has decided: it is not made, or with another payload than was sent.
public struct DecidedDelivery: Hashable, Sendable {
    /// What was to be delivered.
    public let message: MessageID
    /// To whom; empty when nobody receives the message.
    public let subscriber: String
    /// The message's channel.
    public let channel: String
    /// The id of the aggregate or saga that the message is about.
    public let partitionID: String
    /// The payload that was sent and, when it was edited, the one that the subscriber gets.
    public let payloads: [String]
    /// Whether it is not made at all.
    public let isDiscarded: Bool

    /// What was decided about the messages of one store.
    static func all(in view: any Transaction) throws -> [DecidedDelivery] {
        try view.rows(
            """
            SELECT message_id, consumer_id, destination, partition_id, payload, NULL
            FROM discarded_delivery
            UNION ALL
            SELECT message_id, consumer_id, destination, partition_id, payload, sent_payload
            FROM delivery_edit
            """
        ).map { row in
            let (number, subscriber, channel, partition, payload, sent):
                (Int, String, String, String, String, String?) = try row.values()
            return DecidedDelivery(
                message: MessageID(service: view.storeName, number: number),
                subscriber: subscriber, channel: channel, partitionID: partition,
                payloads: [payload] + (sent.map { [$0] } ?? []), isDiscarded: sent == nil)
        }
    }
}
