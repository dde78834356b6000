/// A command as a handler receives it, with the message that brought it.
///
/// The command's own properties can be read directly: `envelope.orderTotal` is
/// `envelope.command.orderTotal`.
@dynamicMemberLookup
public struct CommandEnvelope<Request: Command> {
    /// The id of the message that brought the command. It is the same for every delivery, so it can
    /// serve as an idempotency key towards a system outside of the store.
    public let messageID: MessageID
    /// The command, decoded from the payload, in its present form: see ``FormerMessage``.
    public let command: Request
    /// What is needed to answer in a later transaction: see ``ReplyToken``.
    public let replyToken: ReplyToken
    /// The message's headers: see ``MessageHeader``.
    public let headers: [String: String]

    init(_ message: Message, command: Request, replyToken: ReplyToken) {
        messageID = message.id
        headers = message.headers
        self.command = command
        self.replyToken = replyToken
    }

    /// A property of ``command``.
    public subscript<Value>(dynamicMember member: KeyPath<Request, Value>) -> Value {
        command[keyPath: member]
    }
}
