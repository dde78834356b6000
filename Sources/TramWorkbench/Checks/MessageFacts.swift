package import Tram

/// The messages of an application at one instant, and who has handled them: nothing that depends on a
/// clock.
package struct MessageFacts: Hashable, Sendable {
    package var messages: [Entry] = []
    /// By subscriber: the ids of the messages that it has handled, but for those that were purged.
    package var handled: [String: Set<String>] = [:]
    /// What stands for rows of inboxes that were purged.
    package var positions: [InboxPosition] = []
    /// By service: the highest number of a message that has been purged.
    package var purged: [String: Int] = [:]

    /// A message.
    package struct Entry: Hashable, Sendable {
        package var id: MessageID
        package var type: String
        package var channel: String
        package var partitionID: String
        package var isPublished: Bool
        /// Whether everyone who has not handled it has parked it.
        package var isParked: Bool
    }

    /// Reads the facts.
    package init(_ views: [any Transaction]) throws {
        for view in views { try read(view) }
    }

    private mutating func read(_ view: any Transaction) throws {
        let service = view.storeName
        messages += try view.rows(
            "SELECT id, type, destination, partition_id, published, aside FROM message ORDER BY id"
        ).map {
            let (number, type, channel, partition, published, aside):
                (Int, String, String, String, Int, Int) = try $0.values()
            return Entry(
                id: MessageID(service: service, number: number), type: type, channel: channel,
                partitionID: partition, isPublished: published == 1,
                isParked: published == 0 && aside == 1)
        }
        let received = try view.rows("SELECT consumer_id, message_id FROM received_messages")
        for row in received {
            let (subscriber, message): (String, String) = try row.values()
            handled[subscriber, default: []].insert(message)
        }
        positions += try Inbox(view).positions()
        purged[service] = try Outbox(view).purgedThrough()
    }

    /// How many messages are on their way.
    package var pendingCount: Int { messages.count { !$0.isPublished && !$0.isParked } }

    /// How many wait for an operator.
    package var parkedCount: Int { messages.count(where: \.isParked) }

    /// Whether a subscriber has handled a message, also one whose row was purged.
    package func hasHandled(_ message: MessageID, _ subscriber: String) -> Bool {
        if handled[subscriber]?.contains(message.description) ?? false { return true }
        return positions.contains {
            $0.subscriber == subscriber && $0.source == message.service
                && $0.through >= message.number
        }
    }
}
