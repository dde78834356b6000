extension Message {
    /// The reply to this command as its participant would send it, for tests of senders.
    ///
    /// - Parameters:
    ///   - reply: a ``FailureReply`` for a refusal.
    ///   - lockedTarget: what the participant has locked for the sender's saga; nil for nothing.
    /// - Throws: ``WireFormatError`` when this message is not a command that wants a reply.
    package func answer(
        _ reply: any Reply, locking lockedTarget: String? = nil
    ) throws -> OutgoingMessage {
        var token = ReplyToken(self)
        token.headers[MessageHeader.sagaLockedTarget] = lockedTarget
        guard let answer = try token.answer(reply) else {
            throw WireFormatError("\(id) wants no reply")
        }
        return answer
    }
}
