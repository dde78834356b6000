/// What a command's handler returns: the reply, and sentences on what it did.
///
/// ```swift
/// return .success(CustomerCreditReserved(), "reserved 4.00 for order 1")
/// ```
///
/// A refusal is not returned but thrown, as a ``FailureReply`` or a ``Refusal``, so that what was
/// half done is undone.
public struct CommandResult {
    let reply: (any Reply)?
    let effects: [String]

    /// The command was carried out.
    ///
    /// - Parameters:
    ///   - reply: must not be a ``FailureReply``: that one is to be thrown, and the delivery fails
    ///     when it is returned.
    ///   - effects: one sentence for each thing that was done, for people: see
    ///     ``InboxEntry/effects``.
    public static func success(_ reply: any Reply = Done(), _ effects: String...) -> Self {
        CommandResult(reply: reply, effects: effects)
    }

    /// The command was accepted, and no reply is sent now.
    ///
    /// Use it where the answer comes later, by way of the kept ``CommandEnvelope/replyToken``, and
    /// for notifications, which want none. A saga goes on to wait for the reply; without a deadline
    /// on its step it waits for ever.
    ///
    /// - Parameter effects: one sentence for each thing that was done.
    public static func noReply(_ effects: String...) -> Self {
        CommandResult(reply: nil, effects: effects)
    }
}
