/// Keeps relays over the same stores from one another, as `RelayLock` of TramSQLite does.
public protocol RelayExclusion {
    /// Runs `body` while no other relay runs.
    ///
    /// - Parameter limit: how long to wait for others.
    /// - Throws: ``RelayIsBusy`` when one runs for longer than that.
    func withRelayLock<Result>(
        waitingAtMost limit: Duration, _ body: () throws -> Result
    ) throws -> Result
}

/// Another relay, or something else that takes its lock, was at work for too long. Nothing was done.
public struct RelayIsBusy: Error, Hashable, Sendable {
    /// The file of the lock.
    public let path: String
    /// How long it was waited for.
    public let waited: Duration

    /// Somebody else held the lock's file for so long.
    public init(path: String, waited: Duration) {
        self.path = path
        self.waited = waited
    }
}
