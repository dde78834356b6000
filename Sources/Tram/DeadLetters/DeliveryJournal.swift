/// Remembers which delivery a process had in hand when it died of its own fault.
///
/// A handler that traps (an index out of range, a failed precondition) ends the process, and would
/// end every later relay that delivers the message again. With a journal such an end counts as a
/// failed attempt: the message is delivered after all others, and is parked in the end.
///
/// `CrashJournal` of TramSQLite keeps it in a file. Hand it to ``Relay/run(_:parking:journal:)``:
///
/// ```swift
/// let run = relay.run(journal: CrashJournal(path: "shop/delivery-in-hand"))
/// ```
public protocol DeliveryJournal: Sendable {
    /// Says that a handler is about to be called on this thread.
    ///
    /// It is called for every delivery, so it must be cheap. Nothing need be durable: only a fault
    /// of the process itself counts, not that it was killed, nor a loss of power.
    func begin(_ message: MessageID, for subscriber: String)

    /// Says that the handler has returned or thrown.
    func end()

    /// The delivery that an earlier process had in hand when it died of its own fault. It is
    /// forgotten at the same time, so it counts at most once: a process that dies between asking
    /// and counting has not counted it.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: when the journal cannot be read; the pass then ends before any delivery.
    func takeFatalDelivery() throws -> FatalDelivery?
}

/// A delivery whose handler has ended its process.
public struct FatalDelivery: Hashable, Sendable {
    /// The message whose delivery did not come back.
    public let message: MessageID
    /// The id of the subscriber.
    public let subscriber: String
    /// The signal that the process died of, for example `SIGILL`.
    public let cause: String

    /// A fatal delivery with these parts.
    public init(message: MessageID, subscriber: String, cause: String) {
        self.message = message
        self.subscriber = subscriber
        self.cause = cause
    }
}
