/// Keeps relays over the same stores from one another, as `RelayLock` of TramSQLite does.
public protocol RelayExclusion {
    /// Runs `body` while no other relay runs.
    ///
    /// - Parameter limit: how long to wait for others.
    /// - Throws: ``StoreError/busy(path:waited:)`` when one runs for longer than that.
    func holding<Result>(
        waitingAtMost limit: Duration, _ body: () throws -> Result
    ) throws -> Result
}
