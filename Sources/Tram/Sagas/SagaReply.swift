/// A reply to a saga's command, read from its headers: a participant echoes what the command said
/// of its saga, so a reply needs no state on the way.
struct SagaReply {
    let message: Message
    let saga: SagaReference
    /// The command that it answers; nil when it does not say, and then it never counts.
    let request: MessageID?
    let outcome: ReplyOutcome
    /// What the participant has locked for the saga; nil when nothing.
    let lockedTarget: String?
    /// The channel of the command, where the lock is to be freed.
    let commandChannel: String?

    /// Reads the headers.
    ///
    /// - Throws: `WireFormatError` when the message is no reply to a saga.
    init(_ message: Message) throws {
        func echoed(_ header: String) -> String? {
            message.headers[MessageHeader.echo(of: header)]
        }
        guard let type = echoed(MessageHeader.commandSagaType),
            let id = echoed(MessageHeader.commandSagaID)
        else { throw WireFormatError("the reply names no saga") }
        guard
            let outcome = message.headers[MessageHeader.replyOutcome].flatMap(
                ReplyOutcome.init(rawValue:))
        else { throw WireFormatError("the reply is neither SUCCESS nor FAILURE") }
        self.message = message
        saga = SagaReference(type: type, id: id)
        request = message.headers[MessageHeader.replyToMessageID].flatMap { MessageID($0) }
        self.outcome = outcome
        lockedTarget = message.headers[MessageHeader.sagaLockedTarget]
        commandChannel = echoed(MessageHeader.commandDestination)
    }
}
