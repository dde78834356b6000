extension Message {
    /// The reply to this command as its sender would receive it, for tests of senders.
    ///
    /// - Parameter lockedTarget: what the participant has locked for the sender's saga, if anything.
    /// - Throws: ``WireFormatError`` when this is no command that wants a reply.
    package func answered(
        by reply: any Reply, id: MessageID, locking lockedTarget: String? = nil
    ) throws -> Message {
        var token = ReplyToken(self)
        token.headers[MessageHeader.sagaLockedTarget] = lockedTarget
        guard let answer = try token.answer(reply) else {
            throw WireFormatError("\(self.id) wants no reply")
        }
        return Message(
            id: id, type: answer.type, destination: answer.destination,
            partitionID: answer.partitionID, headers: answer.headers, payload: answer.payload)
    }
}
