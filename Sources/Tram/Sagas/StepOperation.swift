extension Step {
    /// What a step does, forward or backward.
    struct Operation: Sendable {
        let work: Work
        /// The condition under which it is done; nil when it always is.
        let condition: (@Sendable (Data) -> Bool)?
        /// What to record of replies, by their present names.
        var replies: [String: @Sendable (inout Data, Message) throws -> Void] = [:]
        /// The names and forms that replies had before.
        var formerReplies: [(type: String, formerly: String)] = []
        /// When to try again, before a refusal or a deadline counts.
        var retries: [Retry] = []
        /// How long to wait for a reply; for ever when nil.
        var deadline: Duration?

        /// Whether the operation is to be done, with the data as it is.
        func isWanted(_ data: Data) -> Bool { condition?(data) ?? true }

        /// The name that a reply has at present. One that is known by the name that it came with is
        /// not looked for among the former ones.
        func presentName(ofReply name: String) -> String {
            if replies[name] != nil { return name }
            return formerReplies.first { $0.formerly == name }?.type ?? name
        }
    }

    /// Who does the work.
    enum Work: Sendable {
        /// The saga's own service, in the transaction that moves the saga.
        case local(@Sendable (inout Data, any Transaction) throws -> Void)
        /// A participant, by a command; with or without a reply.
        case participant(Request, isNotification: Bool)
    }

    /// A command that depends on the data. The closure hides the command's type, which only
    /// `Step.participant` knows.
    struct Request: Sendable {
        let channel: CommandChannel
        let commandType: String
        let send: @Sendable (Data, any Transaction, Envelope) throws -> MessageID
    }

    /// How a saga's command is addressed: its order, its reply channel and its headers.
    struct Envelope: Sendable {
        let partitionID: String
        let replyTo: String?
        let headers: [String: String]
    }
}
