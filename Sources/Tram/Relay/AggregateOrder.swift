/// Keeps the order of messages per subscriber and aggregate: once a message could not be delivered,
/// its successors on the same channel with the same partition id wait. No others do.
struct AggregateOrder {
    /// The message behind which others wait.
    private var heldBack: [Lane: MessageID] = [:]

    /// Whether no message must wait.
    var isEmpty: Bool { heldBack.isEmpty }

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
    /// - Parameter subscriber: nil when nobody receives the message.
    func predecessor(of message: Message, for subscriber: (any Subscriber)?) -> MessageID? {
        heldBack.isEmpty ? nil : heldBack[Lane(message, subscriber)]
    }

    /// Whether the message must wait for an earlier one.
    func holds(_ message: Message, for subscriber: (any Subscriber)?) -> Bool {
        predecessor(of: message, for: subscriber) != nil
    }

    /// Makes the message's successors wait.
    mutating func holdBackSuccessors(of message: Message, for subscriber: (any Subscriber)?) {
        let lane = Lane(message, subscriber)
        if heldBack[lane] == nil { heldBack[lane] = message.id }
    }

    /// Lets the successors of a message go.
    mutating func letGoSuccessors(of message: Message, for subscriber: (any Subscriber)?) {
        let lane = Lane(message, subscriber)
        if heldBack[lane] == message.id { heldBack[lane] = nil }
    }
}
