/// A subscriber that waits for messages which may not come, and then does something else.
///
/// A ``SagaManager`` is one: it waits for replies up to a step's deadline, and for the time at
/// which a command is sent again. There is no timer and no thread. A relay asks at the beginning of
/// every pass what is overdue, by the clock of the subscriber's store, and calls ``expire(_:in:)``
/// for each. A deadline is therefore met when a relay runs, and never early.
public protocol TimedSubscriber: Subscriber {
    /// What the subscriber waits for, the nearest deadline first.
    ///
    /// Paged: the last element of one call is the `last` of the next. What is in the store may
    /// change between two calls.
    ///
    /// - Parameters:
    ///   - overdueAt: only what is due at this time or before; everything when nil.
    ///   - last: only what comes after this one; from the beginning when nil.
    ///   - limit: how many at most, from 1.
    ///   - transaction: a transaction on the subscriber's store; it is only read.
    func awaited(
        overdueAt: Timestamp?, after last: AwaitedMessage?, limit: Int,
        in transaction: any Transaction
    ) throws -> [AwaitedMessage]

    /// Does what is to be done instead of a message that has not come in time.
    ///
    /// It must check first that the subscriber still waits for exactly this: since `awaited` was
    /// read, the message may have come, or another relay may have done the same.
    ///
    /// - Returns: what was done, in one sentence; nil when it is not waited for any more.
    /// - Throws: any error; what was written is undone then, and the relay reports a failed
    ///   ``Expiry``.
    func expire(_ awaited: AwaitedMessage, in transaction: any Transaction) throws -> String?
}

/// A message that a subscriber waits for up to a deadline, or a time that it waits for without a
/// message.
public struct AwaitedMessage: Hashable, Sendable {
    /// What waits, as the subscriber names it: the id of a saga.
    public let id: String
    /// The channel on which it would come.
    public let channel: String
    /// The partition id with which it would come.
    public let partitionID: String
    /// When it is late, by the clock of the subscriber's store.
    public let deadline: Timestamp
    /// What is waited for, in words, for reports and errors.
    public let description: String
    /// Whether the message may still come before the deadline. Then a relay looks for it in the
    /// outboxes first, and delivers it instead of letting it expire. False when only the time is
    /// waited for.
    public let canCome: Bool

    /// Something that is awaited.
    ///
    /// - Parameters:
    ///   - id: what waits, as the subscriber names it.
    ///   - channel: the channel on which the message would come.
    ///   - partitionID: the partition id with which it would come.
    ///   - deadline: when it is late.
    ///   - description: what is waited for, in words.
    ///   - canCome: whether the message may still come before the deadline.
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
