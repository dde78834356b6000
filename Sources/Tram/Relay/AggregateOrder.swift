/// Keeps messages in order, per subscriber and aggregate, for the length of a run.
///
/// Once a message could not be delivered to a subscriber, the later messages of the same channel
/// and partition id wait for it at that subscriber. Other subscribers, and other aggregates of the
/// same channel, go on: a failure stops one lane and not the relay.
///
/// It is a value, so a delivery can be tried on a copy that replaces the original when the
/// transaction is committed. It lives only in memory: what failed in an earlier run is kept in the
/// outbox (`delivery_failure`, `dead_letter`) and read again with each chunk as `DeliveryNotes`.
struct AggregateOrder {
    /// The first message that failed in each lane: the others of the lane wait behind it.
    private var heldBack: [Lane: MessageID] = [:]

    /// Whether no message must wait.
    var isEmpty: Bool { heldBack.isEmpty }

    /// What is delivered in order: the messages of one aggregate to one subscriber. A partition id
    /// alone is not enough, since aggregates of two channels may have the same id.
    private struct Lane: Hashable {
        let subscriber: String
        let channel: String
        let partitionID: String

        init(_ message: Message, _ subscriber: (any Subscriber)?) {
            self.subscriber = subscriber?.id ?? ""
            channel = message.destination
            partitionID = message.partitionID
        }
    }

    /// The message that this one must wait for; nil when it may go.
    ///
    /// - Parameter subscriber: nil for a message that nobody receives; those have a lane of their
    ///   own.
    func predecessor(of message: Message, for subscriber: (any Subscriber)?) -> MessageID? {
        heldBack.isEmpty ? nil : heldBack[Lane(message, subscriber)]
    }

    /// Whether the message must wait for an earlier one.
    func holds(_ message: Message, for subscriber: (any Subscriber)?) -> Bool {
        predecessor(of: message, for: subscriber) != nil
    }

    /// Makes later messages of the lane wait for this one. Where another message has failed in the
    /// lane before, they keep waiting for that one, which is the earlier.
    mutating func holdBackSuccessors(of message: Message, for subscriber: (any Subscriber)?) {
        let lane = Lane(message, subscriber)
        if heldBack[lane] == nil { heldBack[lane] = message.id }
    }

    /// Ends the wait for a message. A lane that waits for another message stays as it is.
    mutating func letGoSuccessors(of message: Message, for subscriber: (any Subscriber)?) {
        let lane = Lane(message, subscriber)
        if heldBack[lane] == message.id { heldBack[lane] = nil }
    }
}
