/// A command as a handler receives it. The command's own properties can be read from it directly.
@dynamicMemberLookup
public struct CommandEnvelope<Request: Command> {
    /// The id of the message that brought the command.
    public let messageID: MessageID
    /// The command itself.
    public let command: Request
    /// What is needed to answer later.
    public let replyToken: ReplyToken
    /// The message's headers: see ``MessageHeader``.
    public let headers: [String: String]

    init(_ message: Message, command: Request, replyToken: ReplyToken) {
        messageID = message.id
        headers = message.headers
        self.command = command
        self.replyToken = replyToken
    }

    /// A property of the command, without the detour.
    public subscript<Value>(dynamicMember member: KeyPath<Request, Value>) -> Value {
        command[keyPath: member]
    }
}
