package import Platform
public import Tram

/// Keeps relays over the same stores from one another, in one process or in several.
///
/// Two relays at once would make the same deliveries, and each would take the other's for
/// duplicates. Purges, repairs and other work that needs the stores without a relay take the lock
/// as well. Services that only send need no lock.
///
/// ```swift
/// try RelayLock(beside: [orders, customers]).withRelayLock {
///     try relay.runUntilIdle()
/// }
/// ```
///
/// It is a lock of the operating system (`flock`) on a file `relay-lock` in every directory where a
/// store's file really lies, whatever links lead there. It is free again when its holder dies. The
/// directories are locked in the order of their names, so two programs that need several of them do
/// not block each other for ever. It does not nest: whoever holds it is kept out like everybody
/// else.
public struct RelayLock: RelayExclusion {
    private let stores: [SQLiteStore]

    /// The lock of these stores. Those in memory need none and are left out.
    public init(beside stores: [SQLiteStore]) {
        self.stores = stores
    }

    /// The lock of a relay's stores. Those that are not a ``SQLiteStore`` are left out.
    public init(of relay: Relay) {
        self.init(beside: relay.services.compactMap { $0.store as? SQLiteStore })
    }

    /// Runs `body` while no other relay runs.
    ///
    /// - Parameters:
    ///   - limit: how long to wait for others, for all directories together.
    ///   - body: what needs the lock. It may use the stores.
    /// - Throws: `RelayIsBusy` when another holds a lock for longer than that; a `StoreError` when
    ///   a lock's file cannot be made; what `body` throws.
    public func withRelayLock<Result>(
        waitingAtMost limit: Duration = .seconds(5), _ body: () throws -> Result
    ) throws -> Result {
        try withRelayLock(Patience(milliseconds: limit.millisecondsToWait), body)
    }

    /// The same with a patience that is shared with other locks: what was waited for one is not
    /// waited again for the next.
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

    /// Where the stores' files really lie, each directory once, in the order of their names. A file
    /// that is missing would lie where its path says.
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

    /// Turns a refusal of the operating system into an error of a store. An interruption by a
    /// signal stays what it is.
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
