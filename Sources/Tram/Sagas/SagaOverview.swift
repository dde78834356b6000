/// What is known of a saga without its type's help, for tools.
public struct SagaOverview: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// The version of the definition that it was started with; nil when that was before there were
    /// versions.
    public let version: Int?
    /// Where it stands. A row from before steps had names in it has the number: `step 1`.
    public let state: SagaState
    /// The command whose reply is awaited.
    public let lastRequest: MessageID?
    /// When that reply is late; nil when it may take any time.
    public let deadline: Timestamp?
    /// When the operation under way is tried again; nil when that is not what the saga waits for.
    public let retryAt: Timestamp?
    /// How often the operation under way was sent again.
    public let attempts: Int
    /// What it knows, as JSON text.
    public let data: String
}
