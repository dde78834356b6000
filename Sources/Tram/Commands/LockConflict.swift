/// What becomes of a saga's command when another saga has the lock that it needs.
///
/// ```swift
/// .on(ReserveRoom.self, locking: { "Hotel/\($0.hotel)" }, whenLocked: .stash(atMost: 10, else: Busy()))
/// ```
///
/// A refusal is a failure reply like any other: the saga retries or rolls back, as its step says. A
/// notification that is refused is lost, since nobody hears of it. A command that comes behind a
/// stashed one of its own saga waits for its turn whatever is said here, so that the saga's commands
/// keep their order.
public struct LockConflict: Sendable {
    /// How many may wait; any number when nil.
    let limit: Int?
    /// The answer to those that may not.
    let refusal: (any FailureReply)?

    /// The command waits, and is done when the lock is free.
    public static let stash = LockConflict(limit: nil, refusal: nil)

    /// The command is refused.
    public static func refuse(with reply: some FailureReply) -> LockConflict {
        LockConflict(limit: 0, refusal: reply)
    }

    /// The command waits unless so many wait for that lock already, not counting those that wait only
    /// behind another command of their saga; then it is refused.
    ///
    /// - Precondition: `limit` is not negative.
    public static func stash(atMost limit: Int, else reply: some FailureReply) -> LockConflict {
        precondition(limit >= 0, "a negative number of commands cannot wait")
        return LockConflict(limit: limit, refusal: reply)
    }

    /// The refusal of a command; nil when it is to wait.
    ///
    /// - Parameter waiting: how many commands wait for the lock.
    func refusal(
        of target: String, lockedBy owner: SagaReference, waiting: () throws -> Int
    ) rethrows -> Refusal? {
        guard let limit, let refusal else { return nil }
        let name = "\(type(of: refusal).replyType): \(target) is locked by \(owner)"
        if limit == 0 { return Refusal(refusal, name) }
        let count = try waiting()
        guard count >= limit else { return nil }
        let others = count == 1 ? "1 command waits" : "\(count) commands wait"
        return Refusal(refusal, "\(name), and \(others) for it")
    }
}
