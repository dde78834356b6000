extension RelayRun {
    /// All that a run remembers of what it has done. It is one value, so that a rehearsal can put
    /// it back.
    struct Progress {
        /// What has failed in this run, and so what waits behind it.
        var order = AggregateOrder()
        /// By source: the number of the last message that this run has taken up. A pass goes on
        /// behind it, so that what failed is not tried in every pass.
        var cursors: [String: Int] = [:]
        /// By source: the last decision of an operator that this run knows of. A newer one sends
        /// the cursor back to the beginning, since messages before it may be pending again.
        var decisions: [String: Int] = [:]
        /// Overdue awaits whose expiry has failed in this run; they are not tried again in it.
        var failedDeadlines: Set<AwaitedMessage> = []
        /// How many passes had something to do.
        var passes = 0
        /// Messages whose handler has ended a process. Each is delivered apart from all others, and
        /// after them.
        var suspects: Set<MessageID> = []
        /// The services that are away, and whose absence was reported.
        var toldUnavailable: Set<String> = []
        /// The identities of the stores; nil until they have been compared.
        var identities: [String: StoreIdentity]?
        /// The subscriptions that do not begin at the beginning: see
        /// `RelayRun.beginSubscriptions()`.
        var beginnings: [Subscription.Key: Int] = [:]
        /// Whether ``RelayRun/Bounds/advance`` has had its effect.
        var hasAdvanced = false
    }

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all,
    /// in the stores and in this run: the next pass delivers what was rehearsed.
    ///
    /// ```swift
    /// let plan = try run.rehearse { try run.pass() }
    /// print("a pass would make \(plan.deliveries) deliveries")
    /// ```
    ///
    /// Crash journals are not written in a rehearsal. Services that were found to be away in it
    /// stay away.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; nothing is kept then either.
    public func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        // The stores undo what was rehearsed, and the run must forget it.
        let (before, wasRehearsal) = (progress, isRehearsal)
        isRehearsal = true
        defer {
            progress = before
            isRehearsal = wasRehearsal
        }
        return try relay.rehearse(availability, body)
    }
}
