package import Platform
public import Tram

/// Keeps relays over the same stores from one another, in one process or several: two of them would make
/// the same deliveries, and each hold the other's to be duplicates. What else must have the stores while
/// no relay runs takes it as well.
///
/// It is a lock of the operating system on a file `relay-lock` in every directory where a store's file
/// really lies, whatever links lead there; it is free again when its holder dies. It does not nest: whoever
/// holds it is kept out as anybody else. For example:
///
/// ```swift
/// try RelayLock(beside: [orders, customers]).withRelayLock {
///     try relay.runUntilIdle()
/// }
/// ```
public struct RelayLock: RelayExclusion {
    private let stores: [SQLiteStore]

    /// The lock of these stores. Those in memory need none.
    public init(beside stores: [SQLiteStore]) {
        self.stores = stores
    }

    /// The lock of a relay's stores, as far as they are SQLite's.
    public init(of relay: Relay) {
        self.init(beside: relay.services.compactMap { $0.store as? SQLiteStore })
    }

    /// Runs `body` while no other relay runs.
    ///
    /// - Parameter limit: how long to wait for others.
    /// - Throws: `RelayIsBusy` when one runs for longer than that.
    public func withRelayLock<Result>(
        waitingAtMost limit: Duration = .seconds(5), _ body: () throws -> Result
    ) throws -> Result {
        try withRelayLock(Patience(milliseconds: limit.millisecondsToWait), body)
    }

    /// The same with a patience that is shared with other locks.
    package func withRelayLock<Result>(
        _ patience: Patience, _ body: () throws -> Result
    ) throws -> Result {
        let locks = try system(open)
        var held: [FileLock] = []
        defer { for lock in held { lock.release() } }
        for lock in locks {
            let isHeld = try system { () throws(SystemError) in
                try patience.wait { left throws(SystemError) in
                    try lock.acquire(waitingAtMost: left)
                }
            }
            guard isHeld else {
                throw RelayIsBusy(path: lock.path, waited: .milliseconds(patience.limit))
            }
            held.append(lock)
        }
        return try body()
    }

    /// The locks' files, in the order in which everybody takes them.
    private func open() throws(SystemError) -> [FileLock] {
        var locks: [FileLock] = []
        for directory in try directories() {
            do {
                locks.append(try FileLock(path: directory + "/relay-lock"))
            } catch  where error.code == ENOENT {
                // There is no store either: its service is away, and the others go on.
            }
        }
        return locks
    }

    /// Where the files really lie, each directory once. One that is missing would lie where its path says.
    private func directories() throws(SystemError) -> [String] {
        var directories: Set<String> = []
        for store in stores where store.path != ":memory:" {
            if let file = try Files.resolve(store.path) {
                directories.insert(Files.parent(of: file))
            } else {
                let parent = Files.parent(of: store.path)
                directories.insert(try Files.resolve(parent) ?? parent)
            }
        }
        return directories.sorted()
    }

    /// Tells what the system has refused in the words of a store.
    private func system<Result>(_ body: () throws(SystemError) -> Result) throws -> Result {
        do {
            return try body()
        } catch  where error.isInterruption {
            throw error
        } catch  where error.isForWantOfRoom {
            throw StoreError.full(path: error.path)
        } catch  where error.isRefusal {
            throw StoreError.notWritable(path: error.path, detail: error.reason)
        } catch {
            throw StoreError.inputOutput(path: error.path, detail: "\(error)", atCommit: false)
        }
    }
}
