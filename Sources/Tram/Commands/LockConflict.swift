/// What happens to a saga's command while another saga holds the lock that it needs.
///
/// ```swift
/// .on(ReserveRoom.self, locking: { "Hotel/\($0.hotel)" },
///     whenLocked: .stash(atMost: 10, else: Busy())) { command, transaction in … }
/// ```
///
/// * ``stash``: the command waits, however long. Choose it where sagas are short.
/// * ``refuse(with:)``: the saga hears at once, and retries or rolls back, as its step says. Choose
///   it where waiting is worse than failing.
/// * ``stash(atMost:else:)``: a bounded queue.
///
/// Two sagas that each hold what the other needs wait for one another. Nothing detects that: only a
/// refusal, or a deadline on a step of one of them, ends it.
///
/// A refusal is a failure reply like any other. A notification that is refused is lost, since
/// nobody hears of it. A command behind a stashed one of its own saga is stashed whatever is said
/// here, so that the saga's commands keep their order.
///
/// The countermeasure "semantic lock" (Chris Richardson, *Microservices Patterns*, section 4.3).
public struct LockConflict: Sendable {
    /// How many commands may wait for one lock; nil for any number.
    let limit: Int?
    /// The reply to commands beyond the limit; nil when there is no limit.
    let refusal: (any FailureReply)?

    /// The command waits in the participant's store, and is handled when the lock is free.
    ///
    /// Commands that wait for one lock are resumed in the order in which they came.
    public static let stash = LockConflict(limit: nil, refusal: nil)

    /// The command is refused with this reply. Nothing is stored but the inbox row and the reply.
    public static func refuse(with reply: some FailureReply) -> LockConflict {
        LockConflict(limit: 0, refusal: reply)
    }

    /// The command waits, unless `limit` others wait for that lock already; then it is refused.
    ///
    /// Commands that wait only behind another command of their own saga are not counted.
    ///
    /// - Parameters:
    ///   - limit: 0 refuses every command, as ``refuse(with:)`` does.
    ///   - reply: the reply to a command that finds no place.
    /// - Precondition: `limit` is not negative.
    public static func stash(atMost limit: Int, else reply: some FailureReply) -> LockConflict {
        precondition(limit >= 0, "a negative number of commands cannot wait")
        return LockConflict(limit: limit, refusal: reply)
    }

    /// The refusal to send, or nil when the command is to wait.
    ///
    /// - Parameters:
    ///   - target: the lock.
    ///   - owner: the saga that holds it.
    ///   - waiting: counts the commands that wait for the lock. It reads the store and is called
    ///     only when there is a limit above 0.
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
