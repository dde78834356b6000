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
    /// Nil when nobody receives the message.
    package let subscriber: String?
    package let state: MessageState
    /// What went wrong the last time, if it failed.
    package let error: String?
}

extension CustomersAndOrders {
    /// A message, or nil when there is none with this id.
    package func message(
        _ id: MessageID, _ availability: Availability = Availability()
    ) throws -> MessageStatus? {
        guard let source = relay.services.first(where: { $0.name == id.service }),
            let entry = try source.store.read({ try Outbox($0).message(id.number) })
        else { return nil }
        return try status(of: entry, from: source, availability)
    }

    /// Calls `body` for every message of every outbox, in the order of services and ids.
    package func forEachMessage(
        pendingOnly: Bool, _ availability: Availability = Availability(),
        _ body: (MessageStatus) throws -> Void
    ) throws {
        for source in relay.services {
            var after = 0
            while true {
                let page = try availability.attempt(source.store) {
                    try $0.read {
                        try Outbox($0).messages(
                            after: after, limit: pageSize, unpublishedOnly: pendingOnly)
                    }
                }
                guard let page, let last = page.last else { break }
                for entry in page { try body(try status(of: entry, from: source, availability)) }
                after = last.message.id.number
            }
        }
    }

    private func status(
        of entry: OutboxEntry, from source: Service, _ availability: Availability
    ) throws -> MessageStatus {
        MessageStatus(
            entry: entry,
            deliveries: try deliveries(of: entry.message, from: source, availability))
    }

    /// How far a message has come with each of its subscribers. What a service that is away has
    /// handled is not known, and counts as pending.
    ///
    /// - Parameter ignored: the service whose subscribers are not asked for.
    func deliveries(
        of message: Message, from source: Service, _ availability: Availability,
        except ignored: String? = nil
    ) throws -> [DeliveryStatus] {
        let failures = try source.store.read { try Outbox($0).failures(of: message.id) }
        let nobody = failures[""].map {
            DeliveryStatus(
                subscriber: nil, state: .failed(attempts: $0.attempts), error: $0.error)
        }
        let deliveries = try relay.services.filter { $0.name != ignored }.flatMap { service in
            try service.subscribers.filter {
                $0.accepts(type: message.type, from: message.destination)
            }.map { subscriber in
                let isHandled = try availability.attempt(service.store) {
                    try $0.read { try Inbox($0).contains(message.id, for: subscriber.id) }
                }
                if isHandled == true {
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
        return deliveries.isEmpty ? [nobody].compactMap { $0 } : deliveries
    }
}
