extension RelayRun {
    /// All that a run remembers of what it has done.
    struct Progress {
        /// What has failed in this run, and what waits behind it.
        var order = AggregateOrder()
        /// By source: the number of the last message that this run has taken up.
        var cursors: [String: Int] = [:]
        /// By source: the last decision of an operator that this run knows of.
        var decisions: [String: Int] = [:]
        /// Overdue awaits whose expiry has failed in this run.
        var failedDeadlines: Set<AwaitedMessage> = []
        var passes = 0
        /// The messages that have ended a process: each is delivered apart from all others.
        var suspects: Set<MessageID> = []
        /// The services that are away, and whose absence was reported.
        var toldUnavailable: Set<String> = []
        /// What the stores are, once they have been compared.
        var identities: [String: StoreIdentity]?
        /// See ``RelayRun/beginSubscriptions()``.
        var beginnings: [Subscription.Key: Int] = [:]
        /// Whether ``RelayRun/Bounds/advance`` has had its effect.
        var hasAdvanced = false
    }

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all: the
    /// next pass delivers what was rehearsed.
    public func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        // The stores forget what was rehearsed, and so does the run.
        let (before, wasRehearsal) = (progress, isRehearsal)
        isRehearsal = true
        defer {
            progress = before
            isRehearsal = wasRehearsal
        }
        return try relay.rehearse(availability, body)
    }
}
