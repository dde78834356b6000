/// One delivery at a time, chosen by the caller: for tests that try every order, and for teaching.
extension RelayRun {
    /// Every delivery that could be made next: for each subscriber and aggregate, the first message
    /// that it has not handled.
    ///
    /// Making them one by one in any order, until none is left, is a possible history of the
    /// system: a test can walk through all of them.
    ///
    /// ```swift
    /// while let next = try run.possibleDeliveries().randomElement(using: &generator) {
    ///     let delivery = try run.deliver(next)
    ///     #expect(delivery?.receipt.outcome.isFailure == false)
    /// }
    /// ```
    ///
    /// A delivery that fails stays possible. For small backlogs: it reads everything that is
    /// pending into memory, and asks the inbox for each message and subscriber.
    ///
    /// - Throws: an error of any store; here a service that is away is not left out.
    public func possibleDeliveries() throws -> [PossibleDelivery] {
        try lookAtStores()
        var order = AggregateOrder()
        return try services.flatMap { source in
            let (messages, notes) = try source.store.read {
                try (
                    Outbox($0).unpublished(after: 0, through: .max, limit: .max),
                    Outbox($0).notes(0...(.max))
                )
            }
            return try messages.flatMap {
                try possibleDeliveries(of: $0, notes, from: source, order: &order)
            }
        }
    }

    /// The deliveries of one message that are outstanding and not held back.
    private func possibleDeliveries(
        of message: Message, _ notes: DeliveryNotes, from source: Service,
        order: inout AggregateOrder
    ) throws -> [PossibleDelivery] {
        var possible: [PossibleDelivery] = []
        for service in services {
            for subscriber in service.subscribers where subscriber.accepts(message) {
                let isHandled = try service.store.read {
                    try Inbox($0).contains(message.id, for: subscriber.id)
                }
                let key = DeliveryNotes.Key(message, subscriber)
                if isHandled || !notes.isFor(key) || order.holds(message, for: subscriber) {
                    continue
                }
                order.holdBackSuccessors(of: message, for: subscriber)
                possible.append(
                    PossibleDelivery(
                        message: message, source: source, service: service, subscriber: subscriber))
            }
        }
        return possible
    }

    /// Makes one delivery, in transactions of its own, and marks the message as published if that
    /// was the last one it needed.
    ///
    /// A message that the subscriber has handled may be delivered again: the inbox knows it, and
    /// the outcome is ``DeliveryOutcome/duplicate``. The order within an aggregate is the caller's
    /// concern here.
    ///
    /// - Parameter possible: a delivery from ``possibleDeliveries()``, or an earlier one once more.
    /// - Returns: what came of it; nil when the receiving service, or the source, is away.
    /// - Throws: an error of a store that does not mean that its service is away.
    @discardableResult
    public func deliver(_ possible: PossibleDelivery) throws -> Delivery? {
        try lookAtStores()
        let incarnation = incarnation(of: possible.source)
        let chunk = try availability.attempt(possible.source.store) {
            try $0.read {
                try Chunk([possible.message], of: possible.source, incarnation: incarnation, in: $0)
            }
        }
        guard let chunk else { return nil }
        var order = AggregateOrder()
        var delivery = ChunkDelivery(relay, chunk, only: [[possible.subscriber.id]], context)
        try delivery.deliver(&order)
        return delivery.deliveries.first
    }
}

/// A delivery that can be made now: see ``RelayRun/possibleDeliveries()``.
public struct PossibleDelivery {
    /// The message that would be delivered.
    public let message: Message
    /// The service that sent the message.
    public let source: Service
    /// The service that receives it.
    public let service: Service
    /// The subscriber that would receive it.
    public let subscriber: any Subscriber
}
