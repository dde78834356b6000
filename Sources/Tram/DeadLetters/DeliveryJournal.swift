/// Knows which delivery a process had in hand when it died of its own fault: a handler that traps would
/// make every relay die that takes the message up, for ever. With a journal such an end counts as a
/// failed attempt, and the message is parked in the end.
public protocol DeliveryJournal: Sendable {
    /// Says that a handler is about to be called on this thread. Nothing need be durable then: only a
    /// fault of the process itself counts, not that it was killed, nor a loss of power.
    func begin(_ message: MessageID, for subscriber: String)

    /// Says that the handler has returned or thrown.
    func end()

    /// The delivery that a process before this one had in hand when it died of its own fault; it is
    /// forgotten then. It counts at most once: whoever dies between asking and counting has not counted.
    ///
    /// - Returns: nil when there is none.
    func takeFatalDelivery() throws -> FatalDelivery?
}

/// A delivery whose handler has ended its process.
public struct FatalDelivery: Hashable, Sendable {
    public let message: MessageID
    /// The id of the subscriber.
    public let subscriber: String
    /// What the process died of, for example `SIGILL`.
    public let cause: String

    /// A delivery with these properties.
    public init(message: MessageID, subscriber: String, cause: String) {
        self.message = message
        self.subscriber = subscriber
        self.cause = cause
    }
}

extension Relay {
    /// Counts a delivery that has ended a process as a failed attempt.
    ///
    /// - Returns: false when there is no such delivery to be made any more.
    func count(
        _ fatal: FatalDelivery, _ parking: ParkingPolicy, _ availability: Availability
    ) throws -> Bool {
        guard let source = services.first(where: { $0.name == fatal.message.service }),
            let receiver = services.first(where: { service in
                service.subscribers.contains { $0.id == fatal.subscriber }
            })
        else { return false }
        try giveBack(fatal, at: receiver, availability)
        let error = "its handler has ended the process (\(fatal.cause))"
        let isCounted = try availability.attempt(source.store) { store in
            try store.write { transaction in
                let outbox = Outbox(transaction)
                guard let entry = try outbox.message(fatal.message.number), !entry.isPublished
                else {
                    return false
                }
                let attempts = try outbox.recordFailure(
                    of: fatal.message, subscriber: fatal.subscriber, error: error)
                if parking.parks(after: attempts) {
                    try outbox.park(
                        entry.message, for: fatal.subscriber, attempts: attempts, error: error,
                        isTold: !parking.isToBeTold)
                }
                return true
            }
        }
        return isCounted ?? false
    }

    /// A message that its subscriber had set aside is not resumed by another one's delivery any more.
    private func giveBack(
        _ fatal: FatalDelivery, at receiver: Service, _ availability: Availability
    ) throws {
        if let subscriber = receiver.stashing[fatal.subscriber] {
            _ = try availability.attempt(receiver.store) { store in
                try store.write { try subscriber.giveBack(fatal.message, in: $0) }
            }
        }
        try takeBackGivenBack(availability)
    }
}
