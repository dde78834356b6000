/// A reply to a saga's command, read from its headers.
struct SagaReply {
    let message: Message
    let saga: SagaReference
    let request: MessageID?
    let outcome: ReplyOutcome
    let lockedTarget: String?
    let commandChannel: String?

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
