/// Keeps the order of messages per subscriber and aggregate: once a message could not be delivered,
/// its successors on the same channel with the same partition id wait. No others do.
struct AggregateOrder {
    private var heldBack: Set<Lane> = []

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

    /// Whether the message must wait for an earlier one.
    ///
    /// - Parameter subscriber: nil when nobody receives the message.
    func holds(_ message: Message, for subscriber: (any Subscriber)?) -> Bool {
        heldBack.contains(Lane(message, subscriber))
    }

    /// Makes the message's successors wait.
    mutating func holdBackSuccessors(of message: Message, for subscriber: (any Subscriber)?) {
        heldBack.insert(Lane(message, subscriber))
    }
}
