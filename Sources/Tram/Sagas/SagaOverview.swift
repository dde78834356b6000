/// What is known of a saga without the help of its Swift type, for tools: see
/// ``Sagas/overview(of:in:)``.
public struct SagaOverview: Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// The version of the definition that it was started with; nil when that was before there were
    /// versions.
    public let version: Int?
    /// Where it stands. A row from before steps had names has the number of the step: `step 1`.
    public let state: SagaState
    /// The command whose reply is awaited; nil when none is.
    public let lastRequest: MessageID?
    /// When that reply is late, by the store's clock; nil when it may take any time.
    public let deadline: Timestamp?
    /// When the operation under way is tried again, by the store's clock; nil when that is not what
    /// the saga waits for.
    public let retryAt: Timestamp?
    /// How often the operation under way was sent again, for whatever cause.
    public let attempts: Int
    /// What it knows, as JSON text.
    public let data: String
}
