package import Tram

/// A message in a place where those of a saga lie.
struct PlacedMessage {
    let message: Message
    let place: SagaMessagePlace
}

extension Workbench {
    /// The messages that lie where those of a saga do, place by place.
    ///
    /// - Parameter pendingOnly: only those that not every subscriber has handled.
    func messages(
        of saga: SagaEntry, pendingOnly: Bool, _ availability: Availability
    ) throws -> [PlacedMessage] {
        try catalogue.places(of: saga).flatMap { place in
            let messages = try availability.attempt(service(place.service).store) {
                try $0.read { transaction in
                    let outbox = Outbox(transaction)
                    switch place {
                    case .partition(_, let channel, let id) where pendingOnly:
                        return try outbox.unpublished(destination: channel, partitionID: id)
                    case .partition(_, let channel, let id):
                        return try outbox.messages(destination: channel, partitionID: id)
                    case .correlation(_, let id):
                        return try outbox.messages(correlationID: id, pendingOnly: pendingOnly)
                    }
                }
            }
            return (messages ?? []).map { PlacedMessage(message: $0, place: place) }
        }
    }

    /// Whether a message that lies in a place of a saga is the saga's.
    func belongs(_ placed: PlacedMessage, to saga: SagaEntry) throws -> Bool {
        if let key = try catalogue.key(of: placed.message) { return key == saga.key }
        if case .correlation = placed.place { return true }
        return false
    }

    /// What the services have told one another because of a saga, by service and number.
    func headings(
        of saga: SagaEntry, _ availability: Availability
    ) throws -> [MessageHeading] {
        let own = try messages(of: saga, pendingOnly: false, availability)
            .filter { try belongs($0, to: saga) }.map(\.message)
        var found = Set(own.map(\.heading))
        if catalogue.joinsCorrelated, isOrchestrated(saga.reference) {
            for id in Set(own.map(\.correlationID)) {
                for name in catalogue.services {
                    let chain = try availability.attempt(service(name).store) {
                        try $0.read { try Outbox($0).messages(correlationID: id) }
                    }
                    for message in chain ?? [] where try catalogue.key(of: message) == nil {
                        found.insert(message.heading)
                    }
                }
            }
        }
        return inOrder(found)
    }

    private func inOrder(_ headings: some Sequence<MessageHeading>) -> [MessageHeading] {
        let places = Dictionary(
            uniqueKeysWithValues: catalogue.services.enumerated().map { ($1, $0) })
        return headings.sorted {
            (places[$0.id.service] ?? .max, $0.id.number)
                < (places[$1.id.service] ?? .max, $1.id.number)
        }
    }

    // MARK: Of all sagas

    /// What the outboxes tell of all sagas: read once for a whole list.
    package func sagaTraffic(
        _ availability: Availability = Availability()
    ) throws -> SagaTraffic {
        SagaTraffic(
            messages: try headingsBySaga(availability),
            deliveries: try outstandingDeliveriesBySaga(availability))
    }

    private func headingsBySaga(
        _ availability: Availability
    ) throws -> [String: [MessageHeading]] {
        let catalogue = catalogue
        var keyed: [String: [MessageHeading]] = [:]
        // What tells no key, and which sagas have its correlation id.
        var unkeyed: [String: [MessageHeading]] = [:]
        var correlated: [String: Set<String>] = [:]
        for name in catalogue.services {
            let source = service(name)
            var after = 0
            while true {
                let page = try availability.attempt(source.store) {
                    try $0.read { try Outbox($0).messages(after: after, limit: pageSize) }
                }
                guard let page, let last = page.last else { break }
                for message in page.map(\.message) {
                    if let key = try catalogue.key(of: message) {
                        keyed[key, default: []].append(message.heading)
                        guard catalogue.joinsCorrelated else { continue }
                        correlated[key, default: []].insert(message.correlationID)
                    } else if catalogue.joinsCorrelated {
                        unkeyed[message.correlationID, default: []].append(message.heading)
                    }
                }
                after = last.message.id.number
            }
        }
        for (key, ids) in correlated {
            let joined = ids.flatMap { unkeyed[$0] ?? [] }
            if joined.isEmpty { continue }
            keyed[key] = inOrder((keyed[key] ?? []) + joined)
        }
        return keyed
    }

    /// What all sagas wait for: each pending message is read once. Commands that were set aside are not
    /// among it.
    package func outstandingDeliveriesBySaga(
        _ availability: Availability = Availability()
    ) throws -> [String: [OutstandingDelivery]] {
        let catalogue = catalogue
        var outstanding: [String: [OutstandingDelivery]] = [:]
        var chains: [String: [String]] = [:]
        for name in catalogue.services {
            let source = service(name)
            try forEachPage(of: source, unseenAfter: nil, availability) { messages in
                let notes = try notes(of: messages, in: source, availability)
                for message in messages {
                    var keys: [String] = []
                    if let key = try catalogue.key(of: message) {
                        keys = [key]
                    } else if catalogue.joinsCorrelated {
                        keys =
                            try chains[message.correlationID]
                            ?? keysOfChains(correlatedBy: message.correlationID, availability)
                        chains[message.correlationID] = keys
                    }
                    keys = try keys.filter { try catalogue.isAwaited(message, by: $0) }
                    if keys.isEmpty { continue }
                    let deliveries = try outstandingDeliveries(of: message, notes, availability)
                    if deliveries.isEmpty { continue }
                    for key in keys { outstanding[key, default: []] += deliveries }
                }
            }
        }
        return outstanding
    }

    /// The chains to which messages with a correlation id belong.
    private func keysOfChains(
        correlatedBy id: String, _ availability: Availability
    ) throws -> [String] {
        // Most chains begin with the message that the id names.
        let first = try MessageID(id).flatMap { first in
            try relay.services.first { $0.name == first.service }.flatMap { service in
                try availability.attempt(service.store) {
                    try $0.read { try Outbox($0).message(first.number)?.message }
                } ?? nil
            }
        }
        let candidates: [Message]
        if let first, try keyOfChain(first) != nil {
            candidates = [first]
        } else {
            candidates = try catalogue.services.flatMap { name in
                try availability.attempt(service(name).store) {
                    try $0.read { try Outbox($0).messages(correlationID: id) }
                } ?? []
            }
        }
        return try candidates.compactMap { try keyOfChain($0) }
    }

    private func keyOfChain(_ message: Message) throws -> String? {
        guard let key = try catalogue.key(of: message),
            let saga = SagaReference(name: key), !isOrchestrated(saga)
        else { return nil }
        return key
    }

    /// Calls `body` for the pending messages of an outbox, page by page.
    ///
    /// - Parameter unseenAfter: all messages with a higher number as well, pending or not.
    package func forEachPage(
        of source: Service, unseenAfter number: Int?, _ availability: Availability,
        _ body: ([Message]) throws -> Void
    ) throws {
        var after = 0
        while true {
            let messages = try availability.attempt(source.store) {
                try $0.read {
                    try Outbox($0).unpublished(
                        after: after, orAllAfter: number ?? .max, limit: pageSize)
                }
            }
            guard let messages, let last = messages.last else { return }
            try body(messages)
            after = last.id.number
        }
    }
}

/// The messages about sagas, and what of them has not been delivered.
package struct SagaTraffic: Sendable {
    let messages: [String: [MessageHeading]]
    let deliveries: [String: [OutstandingDelivery]]
}
