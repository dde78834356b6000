/// A saga that was started: where it stands and what it knows.
public struct SagaInstance<Data: Sendable>: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// The version of the definition that it was started with.
    public let version: Int
    /// Where it stands.
    public internal(set) var state: SagaState
    /// What it knows.
    public internal(set) var data: Data
    /// The steps whose action was done, or may have been, in their order.
    var executed: [String] = []
    /// The command whose reply is awaited; no other reply counts.
    public internal(set) var lastRequest: MessageID?
    /// How often the operation under way was sent again.
    var retries = RetryCounts()
    /// When the reply that is awaited is late.
    public internal(set) var deadline: Timestamp?
    /// When the operation under way is tried again; nil when that is not what the saga waits for.
    public internal(set) var retryAt: Timestamp?

    /// No reply counts any more, until the next command is sent.
    mutating func stopWaiting() {
        lastRequest = nil
        deadline = nil
        retryAt = nil
        retries = RetryCounts()
    }
}
