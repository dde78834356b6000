package import Tram

/// How far a message, or one of its deliveries, has come.
package enum MessageState: Hashable, Sendable, CustomStringConvertible {
    case pending
    case delivered
    /// Tried in vain so many times; the next relay tries again.
    case failed(attempts: Int)

    package var description: String {
        switch self {
        case .pending: "pending"
        case .delivered: "delivered"
        case .failed(let attempts): "failed(\(attempts))"
        }
    }
}

/// A message and how far it has come, with each of its subscribers.
package struct MessageStatus: Hashable, Sendable {
    package let entry: OutboxEntry
    package let deliveries: [DeliveryStatus]

    package var state: MessageState {
        if entry.isPublished { return .delivered }
        let attempts = deliveries.compactMap { delivery in
            if case .failed(let attempts) = delivery.state { attempts } else { nil }
        }
        return attempts.max().map(MessageState.failed) ?? .pending
    }
}

/// How far a message has come with one subscriber.
package struct DeliveryStatus: Hashable, Sendable {
    package let subscriber: String
    package let state: MessageState
    /// What went wrong the last time, if it failed.
    package let error: String?
}

extension CustomersAndOrders {
    /// A message, or nil when there is none with this id.
    package func message(_ id: MessageID) throws -> MessageStatus? {
        guard let source = relay.services.first(where: { $0.name == id.service }),
            let entry = try source.store.read({ try Outbox($0).message(id.number) })
        else { return nil }
        return try status(of: entry, from: source)
    }

    /// Calls `body` for every message of every outbox, in the order of services and ids.
    package func forEachMessage(
        pendingOnly: Bool, _ body: (MessageStatus) throws -> Void
    ) throws {
        for source in relay.services {
            var after = 0
            while true {
                let page = try source.store.read { transaction in
                    try Outbox(transaction).messages(
                        after: after, limit: pageSize, unpublishedOnly: pendingOnly)
                }
                guard let last = page.last else { break }
                for entry in page { try body(try status(of: entry, from: source)) }
                after = last.message.id.number
            }
        }
    }

    private func status(of entry: OutboxEntry, from source: Service) throws -> MessageStatus {
        MessageStatus(entry: entry, deliveries: try deliveries(of: entry.message, from: source))
    }

    /// How far a message has come with each of its subscribers.
    func deliveries(of message: Message, from source: Service) throws -> [DeliveryStatus] {
        let failures = try source.store.read { try Outbox($0).failures(of: message.id) }
        return try relay.services.flatMap { service in
            try service.subscribers.filter {
                $0.accepts(type: message.type, from: message.destination)
            }.map { subscriber in
                let isHandled = try service.store.read {
                    try Inbox($0).contains(message.id, for: subscriber.id)
                }
                if isHandled {
                    return DeliveryStatus(
                        subscriber: subscriber.id, state: .delivered, error: nil)
                }
                let failure = failures[subscriber.id]
                return DeliveryStatus(
                    subscriber: subscriber.id,
                    state: failure.map { .failed(attempts: $0.attempts) } ?? .pending,
                    error: failure?.error)
            }
        }
    }
}
