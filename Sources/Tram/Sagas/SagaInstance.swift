/// One run of a saga: where it stands and what it knows.
public struct SagaInstance<Data: Sendable>: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// The version of the definition that it was started with, and goes on by.
    public let version: Int
    /// Where it stands.
    public internal(set) var state: SagaState
    /// What it knows, as the last step has left it.
    public internal(set) var data: Data
    /// The steps whose action was done, or may have been, in their order. A rollback compensates
    /// these only, and not those that a condition has skipped.
    var executed: [String] = []
    /// The command whose reply is awaited; no other reply counts. Nil when none is awaited.
    public internal(set) var lastRequest: MessageID?
    /// How often the operation under way was sent again, and why.
    var retries = RetryCounts()
    /// When the reply that is awaited is late, by the store's clock; nil when it may take any time.
    public internal(set) var deadline: Timestamp?
    /// When the operation under way is tried again, by the store's clock; nil when that is not what
    /// the saga waits for.
    public internal(set) var retryAt: Timestamp?

    /// Ends every wait: no reply counts any more, until the next command is sent.
    mutating func stopWaiting() {
        lastRequest = nil
        deadline = nil
        retryAt = nil
        retries = RetryCounts()
    }
}
