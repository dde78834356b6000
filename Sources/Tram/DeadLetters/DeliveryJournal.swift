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
    /// The message whose delivery did not come back.
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
