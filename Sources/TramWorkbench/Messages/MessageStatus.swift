package import Tram

/// How far a message, or one of its deliveries, has come.
package enum MessageState: Hashable, Sendable, CustomStringConvertible {
    case pending
    case delivered
    /// Tried in vain so many times; the next relay tries again.
    case failed(attempts: Int)
    /// Waits behind an earlier message of the same aggregate that has failed or is parked.
    case held(behind: MessageID)
    /// Tried in vain so many times, and not tried again until an operator has decided about it.
    case parked(attempts: Int)
    /// The subscriber has it, and waits for a lock.
    case stashed
    /// An operator has decided that it will never be delivered.
    case discarded

    package var description: String {
        switch self {
        case .failed(let attempts): "failed(\(attempts))"
        case .pending, .delivered, .held, .parked, .stashed, .discarded: word
        }
    }

    /// The state without its numbers.
    package var word: String {
        switch self {
        case .pending: "pending"
        case .delivered: "delivered"
        case .failed: "failed"
        case .held: "held"
        case .parked: "parked"
        case .stashed: "stashed"
        case .discarded: "discarded"
        }
    }

    /// How often the delivery was tried in vain.
    package var attempts: Int {
        switch self {
        case .failed(let attempts), .parked(let attempts): attempts
        case .pending, .delivered, .held, .stashed, .discarded: 0
        }
    }

    /// The message that it waits for; nil when it waits for none.
    package var behind: MessageID? {
        if case .held(let behind) = self { behind } else { nil }
    }
}

/// A message and how far it has come, with each of its subscribers.
package struct MessageStatus: Hashable, Sendable {
    package let entry: OutboxEntry
    package let deliveries: [DeliveryStatus]

    package var state: MessageState {
        if entry.isPublished { return .delivered }
        let failed = deliveries.compactMap { delivery in
            if case .failed(let attempts) = delivery.state { attempts } else { nil }
        }
        if let attempts = failed.max() { return .failed(attempts: attempts) }
        if deliveries.contains(where: { $0.state == .pending }) { return .pending }
        let stuck = deliveries.map(\.state).filter { $0.word == "parked" }
        return stuck.first ?? deliveries.map(\.state).first { $0.behind != nil } ?? .pending
    }

    /// The subscribers that got, or will get, another payload, in the order of subscribers.
    package var edited: [String] { deliveries.filter { $0.edited != nil }.map(\.name) }
}

/// How far a message has come with one subscriber.
package struct DeliveryStatus: Hashable, Sendable {
    /// Nil when nobody receives the message.
    package let subscriber: String?
    package let state: MessageState
    /// What went wrong the last time, if it failed.
    package let error: String?
    /// The payload that an operator has given to this delivery; nil when none has.
    package let edited: String?

    /// The subscriber, or `-`.
    package var name: String { subscriber ?? "-" }
}

extension Workbench {
    /// A message, or nil when there is none with this id.
    package func message(
        _ id: MessageID, _ availability: Availability = Availability()
    ) throws -> MessageStatus? {
        guard let source = relay.services.first(where: { $0.name == id.service }) else {
            return nil
        }
        let found = try source.store.read { transaction in
            let outbox = Outbox(transaction)
            return try outbox.message(id.number).map {
                ($0, try outbox.allNotes(id.number...id.number))
            }
        }
        return try found.map { entry, notes in
            MessageStatus(
                entry: entry, deliveries: try deliveries(of: entry.message, notes, availability))
        }
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
                    try $0.read { transaction in
                        let outbox = Outbox(transaction)
                        let entries = try outbox.messages(
                            after: after, limit: pageSize, unpublishedOnly: pendingOnly)
                        guard let first = entries.first, let last = entries.last else {
                            return (entries: entries, notes: DeliveryNotes())
                        }
                        let numbers = first.message.id.number...last.message.id.number
                        return (entries: entries, notes: try outbox.allNotes(numbers))
                    }
                }
                guard let page, let last = page.entries.last else { break }
                for entry in page.entries {
                    try body(
                        MessageStatus(
                            entry: entry,
                            deliveries: try deliveries(
                                of: entry.message, page.notes, availability)))
                }
                after = last.message.id.number
            }
        }
    }

    /// How far a message has come with each of its subscribers. What a service that is away has
    /// handled is not known, and counts as pending.
    ///
    /// - Parameters:
    ///   - notes: what its outbox knows of it.
    ///   - ignored: the services whose subscribers are not asked for.
    package func deliveries(
        of message: Message, _ notes: DeliveryNotes, _ availability: Availability,
        except ignored: Set<String> = []
    ) throws -> [DeliveryStatus] {
        var deliveries: [DeliveryStatus] = []
        for service in relay.services where !ignored.contains(service.name) {
            for subscriber in service.subscribers
            where subscriber.accepts(type: message.type, from: message.destination) {
                let isHandled = try availability.attempt(service.store) {
                    try $0.read {
                        try Inbox($0).contains(message.id, for: subscriber.id)
                            && !Sagas.isGivenBack(message, in: $0)
                    }
                }
                let key = DeliveryNotes.Key(
                    message: message.id.number, subscriber: subscriber.id)
                // It is pending again, and not for this one.
                if isHandled != true, !notes.isFor(key) { continue }
                deliveries.append(
                    status(of: message, at: subscriber.id, notes, isHandled: isHandled == true))
            }
        }
        if !deliveries.isEmpty { return deliveries }
        let nobody = status(of: message, at: "", notes, isHandled: false)
        return nobody.state == .pending ? [] : [nobody]
    }

    private func status(
        of message: Message, at subscriber: String, _ notes: DeliveryNotes, isHandled: Bool
    ) -> DeliveryStatus {
        let key = DeliveryNotes.Key(message: message.id.number, subscriber: subscriber)
        func sent(_ number: Int) -> MessageID {
            MessageID(service: message.id.service, number: number)
        }
        let state: MessageState
        if let attempts = notes.parked[key] {
            state = .parked(attempts: attempts)
        } else if let attempts = notes.attempts[key] {
            state = .failed(attempts: attempts)
        } else if notes.discarded.contains(key) {
            state = .discarded
        } else if isHandled {
            state = .delivered
        } else if let behind = notes.ahead[key] ?? notes.behindFailed[key] {
            state = .held(behind: sent(behind))
        } else {
            state = .pending
        }
        return DeliveryStatus(
            subscriber: subscriber.isEmpty ? nil : subscriber, state: state,
            error: notes.errors[key], edited: notes.edits[key])
    }
}
