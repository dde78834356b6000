extension Step {
    /// What a step does, forward or backward.
    struct Operation: Sendable {
        let work: Work
        /// The condition under which it is done; nil when it always is.
        let condition: (@Sendable (Data) -> Bool)?
        var replies: [String: @Sendable (inout Data, String) throws -> Void] = [:]
        /// When it is tried again, before a refusal or a deadline counts.
        var retries: [Retry] = []
        /// How long a reply is waited for; for ever when nil.
        var deadline: Duration?

        func isWanted(_ data: Data) -> Bool { condition?(data) ?? true }
    }

    enum Work: Sendable {
        case local(@Sendable (inout Data, any Transaction) throws -> Void)
        case participant(Request, isNotification: Bool)
    }

    /// A command that depends on the data.
    struct Request: Sendable {
        let channel: CommandChannel
        let commandType: String
        let send: @Sendable (Data, any Transaction, Envelope) throws -> MessageID
    }

    /// How a saga's command is addressed.
    struct Envelope: Sendable {
        let partitionID: String
        let replyTo: String?
        let headers: [String: String]
    }
}
