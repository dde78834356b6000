internal import Platform
internal import TramSQLite

/// The directory that holds the stores.
///
/// A marker file says that all of them are there; it is written last, under a lock. Without it there
/// is no store yet, whatever files a process left that died on the way, and the next creation goes
/// on from there.
package struct DataDirectory: Sendable {
    package let path: String
    /// How long to wait for another process's lock, in milliseconds.
    let lockTimeout: Int

    /// The form of the directory that this program writes.
    private static let format = 1

    package init(path: String, lockTimeout: Int) {
        self.path = path
        self.lockTimeout = lockTimeout
    }

    /// - Throws: ``DataDirectoryError`` when there is no store here, or one of a newer form.
    package func requireStores() throws {
        guard try hasStores() else { throw DataDirectoryError.noStore(path: path) }
    }

    /// Makes the directory and its stores, if they are not there.
    func create(_ stores: [SQLiteStore], _ patience: Patience) throws {
        if try hasStores() { return }
        let lock = try system { () throws(SystemError) in
            try Files.makeDirectory(path)
            return try FileLock(path: file("creation-lock"))
        }
        guard try acquire(lock, patience) else {
            throw DataDirectoryError.beingCreated(path: path, waited: patience.limit)
        }
        defer { lock.release() }
        if try hasStores() { return }
        for store in stores { try store.create() }
        try system { () throws(SystemError) in
            // Whoever made the directory may have died before its name was durable.
            try Files.synchronizeName(ofDirectory: path)
            try Files.synchronize(directory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
        }
    }

    /// The locks that keep relays from one another, in the order in which everybody takes them: one in
    /// every directory where a store's file really lies, whatever links lead there. Normally that is
    /// this one. A file that is missing would lie here.
    func relayLocks(of stores: [SQLiteStore]) throws -> [FileLock] {
        try system { () throws(SystemError) in
            var directories: Set<String> = []
            for store in stores {
                if let file = try Files.resolve(store.path) {
                    directories.insert(Files.parent(of: file))
                } else {
                    directories.insert(try Files.resolve(path) ?? path)
                }
            }
            var locks: [FileLock] = []
            for directory in directories.sorted() {
                locks.append(try FileLock(path: directory + "/relay-lock"))
            }
            return locks
        }
    }

    /// - Returns: whether the lock is held now.
    func acquire(_ lock: FileLock, _ patience: Patience) throws -> Bool {
        try system { () throws(SystemError) in
            try patience.wait { left throws(SystemError) in
                try lock.acquire(waitingAtMost: left)
            }
        }
    }

    /// Tells what the system has refused in the words of a directory.
    private func system<Result>(_ body: () throws(SystemError) -> Result) throws -> Result {
        do {
            return try body()
        } catch  where error.isInterruption {
            throw error
        } catch  where error.isForWantOfRoom {
            throw DataDirectoryError.full(path: path)
        } catch  where error.isRefusal {
            throw DataDirectoryError.notWritable(path: path, detail: "\(error)")
        } catch {
            throw DataDirectoryError.inputOutput(path: path, detail: "\(error)")
        }
    }

    /// The path of a file in the directory.
    func file(_ name: String) -> String {
        path.hasSuffix("/") ? path + name : path + "/" + name
    }

    private var marker: String { file("tram-format") }

    private func hasStores() throws -> Bool {
        let content: String?
        do {
            content = try Files.read(marker)
        } catch  where !error.isRefusal {
            throw DataDirectoryError.inputOutput(path: path, detail: "\(error)")
        } catch {
            throw DataDirectoryError.notReadable(path: path, detail: "\(error)")
        }
        guard let content else { return false }
        guard let format = Int(content.filter { !$0.isNewline }), format > 0 else {
            throw DataDirectoryError.damaged(path: marker)
        }
        guard format <= Self.format else {
            throw DataDirectoryError.tooNew(path: path, format: format, supported: Self.format)
        }
        return true
    }
}

/// What can be wrong with a data directory, as facts.
package enum DataDirectoryError: Error, Hashable, Sendable {
    case noStore(path: String)
    /// The marker file does not hold what it should.
    case damaged(path: String)
    case tooNew(path: String, format: Int, supported: Int)
    case notWritable(path: String, detail: String)
    case notReadable(path: String, detail: String)
    /// There is no room for what was to be written.
    case full(path: String)
    /// Something failed that is neither.
    case inputOutput(path: String, detail: String)
    /// Another process was making the stores for longer than this one was told to wait, in
    /// milliseconds.
    case beingCreated(path: String, waited: Int)
}
