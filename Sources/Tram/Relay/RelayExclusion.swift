/// Keeps two relays from working on the same stores at once.
///
/// Two relays at once would lose nothing, since the inboxes answer duplicates. But they would do
/// all work twice, and the order of an aggregate's messages is only promised by one relay at a
/// time: each knows only its own failures. `RelayLock` of TramSQLite is the exclusion for stores in
/// a directory; it locks a file beside them.
public protocol RelayExclusion {
    /// Runs `body` while no other relay runs.
    ///
    /// - Parameters:
    ///   - limit: how long to wait for others; with zero, not at all.
    ///   - body: makes passes. It should not go on for long, since others wait.
    /// - Returns: what `body` returns.
    /// - Throws: ``RelayIsBusy`` when another relay held the lock for that long; what `body`
    ///   throws.
    func withRelayLock<Result>(
        waitingAtMost limit: Duration, _ body: () throws -> Result
    ) throws -> Result
}

/// Another relay, or something else that takes its lock, was at work for longer than the caller
/// wanted to wait. Nothing was done; trying again later is always right.
public struct RelayIsBusy: Error, Hashable, Sendable {
    /// The file of the lock, for a message to the user.
    public let path: String
    /// How long the caller had waited.
    public let waited: Duration

    /// An error of this lock, after this wait. For other implementations of ``RelayExclusion``.
    public init(path: String, waited: Duration) {
        self.path = path
        self.waited = waited
    }
}
