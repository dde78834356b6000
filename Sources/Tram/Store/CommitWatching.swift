/// A store that can be asked whether something was committed to it.
public protocol CommitWatching: Store {
    /// A number that changes whenever another connection, of this process or another, has committed
    /// something to the store. Asking is cheap and waits for nobody.
    func dataVersion() throws -> Int
}
