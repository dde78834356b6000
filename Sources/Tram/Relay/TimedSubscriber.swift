/// A subscriber that waits for messages which may not come, and then does something else. The relay
/// asks it at the beginning of every pass; the time is that of its service's store.
public protocol TimedSubscriber: Subscriber {
    /// Whether something has been waited for long enough.
    func hasExpired(in transaction: any Transaction) throws -> Bool

    /// Does what is to be done instead.
    ///
    /// - Returns: what that was: one sentence each.
    func expire(in transaction: any Transaction) throws -> [String]

    /// What is waited for up to a deadline, in words: at most `limit` of it.
    func deadlines(in transaction: any Transaction, limit: Int) throws -> [String]
}
