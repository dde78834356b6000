package import Tram

extension Workbench {
    /// The dead letters, at most `limit` of them, in the order of services, messages and subscribers.
    ///
    /// - Parameter selection: only these.
    /// - Throws: ``UnknownSubscriber``.
    package func deadLetters(
        _ selection: DeadLetterSelection = DeadLetterSelection(), limit: Int = .max,
        _ availability: Availability = Availability()
    ) throws -> [DeadLetter] {
        try refuseUnknown(selection.subscriber)
        struct Enough: Error {}
        var letters: [DeadLetter] = []
        do {
            try relay.forEachDeadLetter(selection, availability) { letter in
                if letters.count == limit { throw Enough() }
                letters.append(letter)
            }
        } catch is Enough {}
        return letters
    }

    /// The deliveries to which operators have given another payload, by subscriber.
    package func editedDeliveries(
        _ availability: Availability = Availability()
    ) throws -> [String: Set<MessageID>] {
        try relay.services.reduce(into: [:]) { edits, service in
            let own = try availability.attempt(service.store) {
                try $0.read { try Outbox($0).editedDeliveries() }
            }
            edits.merge(own ?? [:]) { $0.union($1) }
        }
    }

    /// Decides about dead letters by the library's own means.
    ///
    /// - Throws: ``UnknownSubscriber``, `DeadLetterError`.
    package func decide(
        _ decision: DeadLetterDecision, _ selection: DeadLetterSelection,
        _ availability: Availability = Availability()
    ) throws -> [DeadLetter] {
        try refuseUnknown(selection.subscriber)
        return switch decision {
        case .retry: try relay.retry(selection, availability)
        case .discard: try relay.discard(selection, availability)
        }
    }

    private func refuseUnknown(_ subscriber: String?) throws {
        guard let subscriber else { return }
        let known = relay.services.flatMap(\.subscribers).map(\.id)
        if !known.contains(subscriber) { throw UnknownSubscriber(id: subscriber, known: known) }
    }
}

/// What an operator decides about a dead letter.
package enum DeadLetterDecision: Sendable {
    case retry
    case discard
}

/// No subscriber has this id.
package struct UnknownSubscriber: Error {
    package let id: String
    /// Those that there are.
    let known: [String]
}
