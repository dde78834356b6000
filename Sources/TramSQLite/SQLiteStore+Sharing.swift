internal import Platform
public import Tram

/// What several users of one file need: see `SharedStore`.
extension SQLiteStore: SharedStore {
    /// A number that changes whenever another connection, of this process or another, has committed
    /// something to the store (`PRAGMA data_version`). Asking takes microseconds.
    ///
    /// SQLite's number belongs to a connection, and two of them begin with the same one. So it also
    /// changes, without a commit, when this object begins to write or opens the file again: what was
    /// committed in between is not missed.
    public func dataVersion() throws -> Int {
        try openForReading()
        guard let connection = writer ?? reader else { return 0 }
        let version: Int = try connection.run("PRAGMA data_version").rows[0].values()
        return openings << 32 | version
    }

    /// Takes the writers' lock.
    ///
    /// - Returns: nil for a store in memory, and where no lock can be made: there is no writer
    ///   either.
    /// - Throws: `StoreError/busy(path:waited:)` when a transaction takes too long;
    ///   `StoreError/nested(service:)` in a transaction of this thread.
    public func excludeWriters() throws -> (any WritersExclusion)? {
        // Before the lock, which would be freed.
        try requireNoTransaction()
        try openForReading()
        if isInMemory { return nil }
        do {
            let lock = try writersLock ?? opener.makeLock()
            try OpenWrites.checkMayWait(for: .lock(path: lock.path), of: name)
            try opener.acquire(lock)
            return HeldLock(lock)
        } catch StoreError.notWritable {
            // Where no lock can be made, there is no writer either.
            return nil
        }
    }
}

/// The writers' lock while this process holds it.
private struct HeldLock: WritersExclusion {
    let lock: FileLock

    init(_ lock: FileLock) {
        self.lock = lock
    }

    func release() {
        lock.release()
    }
}
