/// What a handler answers.
public struct CommandResult {
    let reply: (any Reply)?
    let effects: [String]

    /// Yes, and what was done. A no is thrown, so that what was half done is undone.
    public static func success(_ reply: any Reply = Done(), _ effects: String...) -> Self {
        CommandResult(reply: reply, effects: effects)
    }

    /// No answer yet: whoever kept the command's ``CommandEnvelope/replyToken`` will give it. Also
    /// for a notification, which wants none.
    public static func noReply(_ effects: String...) -> Self {
        CommandResult(reply: nil, effects: effects)
    }
}
