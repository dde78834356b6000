/// A subscriber that waits for messages which may not come, and then does something else. The relay
/// asks it at the beginning of every pass.
public protocol TimedSubscriber: Subscriber {
    /// What is waited for up to a deadline, the nearest first, at most `limit` of it.
    ///
    /// - Parameters:
    ///   - overdueAt: only that whose deadline has passed at this time; all when nil.
    ///   - last: only what comes after this one; all when nil.
    func awaited(
        overdueAt: Timestamp?, after last: AwaitedMessage?, limit: Int,
        in transaction: any Transaction
    ) throws -> [AwaitedMessage]

    /// Does what is to be done instead of a message that has not come.
    ///
    /// - Returns: what that was, in one sentence; nil when the message is not waited for any more,
    ///   because it has come meanwhile, or another relay has done the same.
    func expire(_ awaited: AwaitedMessage, in transaction: any Transaction) throws -> String?
}

/// A message that a subscriber waits for up to a deadline, or that deadline alone.
public struct AwaitedMessage: Hashable, Sendable {
    /// Who waits, as the subscriber names it.
    public let id: String
    /// The channel on which it would come.
    public let channel: String
    /// The partition id with which it would come.
    public let partitionID: String
    /// When it is late.
    public let deadline: Timestamp
    /// What is waited for, in words.
    public let description: String
    /// Whether the message may come before the deadline; false when only the time is waited for.
    public let canCome: Bool

    /// A message with these properties.
    public init(
        id: String, channel: String, partitionID: String, deadline: Timestamp, description: String,
        canCome: Bool = true
    ) {
        self.id = id
        self.channel = channel
        self.partitionID = partitionID
        self.deadline = deadline
        self.description = description
        self.canCome = canCome
    }
}
