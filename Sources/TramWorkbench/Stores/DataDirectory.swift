internal import Platform
internal import Tram
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
        try makeOneSystem(stores)
        try system { () throws(SystemError) in
            // Whoever made the directory may have died before its name was durable.
            try Files.synchronizeName(ofDirectory: path)
            try Files.synchronize(directory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
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

    /// Tells new stores that they belong together, and to no other directory's.
    private func makeOneSystem(_ stores: [SQLiteStore]) throws {
        let identities = try stores.map { try $0.read { try Identities($0).own() } }
        let system = identities.lazy.compactMap(\.system).first ?? identities[0].incarnation
        for store in stores {
            try store.write { try Identities($0).join(system, members: Set(stores.map(\.name))) }
        }
    }

    /// Makes the directory, if it is not there.
    func make() throws {
        try system { () throws(SystemError) in try Files.makeDirectory(path) }
    }

    /// Makes the directory, which must be new or empty, and lets `body` put stores into it.
    func createAsCopy(_ body: () throws -> Void) throws {
        let isFree = try system { () throws(SystemError) in
            guard try Files.isMissingOrEmpty(directory: path) else { return false }
            try Files.makeDirectory(path)
            return true
        }
        guard isFree else { throw StoreCopyError.notEmpty(path: path) }
        try body()
        try system { () throws(SystemError) in
            try Files.synchronizeName(ofDirectory: path)
            try Files.synchronize(directory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
        }
    }

    /// Lets `body` replace the stores. Until it has returned, also after a kill, there is no store.
    func restoring(_ body: () throws -> Void) throws {
        try system { () throws(SystemError) in try Files.write("\n", durablyTo: restoringMarker) }
        try body()
        try system { () throws(SystemError) in
            try Files.synchronizeName(ofDirectory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
            try Files.remove(restoringMarker)
            try Files.synchronize(directory: path)
        }
    }

    /// - Throws: ``StoreCopyError/sameDirectory(path:)``.
    func refuseSame(as other: DataDirectory) throws {
        let isSame = try system { () throws(SystemError) in
            guard let own = try Files.resolve(path) else { return false }
            return own == (try Files.resolve(other.path))
        }
        if isSame { throw StoreCopyError.sameDirectory(path: path) }
    }

    /// The path of a file in the directory.
    func file(_ name: String) -> String {
        path.hasSuffix("/") ? path + name : path + "/" + name
    }

    private var marker: String { file("tram-format") }
    /// It is there while the stores are being replaced.
    private var restoringMarker: String { file("tram-restoring") }

    private func hasStores() throws -> Bool {
        let content: String?
        let isHalfRestored: Bool
        do {
            content = try Files.read(marker)
            isHalfRestored = try Files.read(restoringMarker) != nil
        } catch  where !error.isRefusal {
            throw DataDirectoryError.inputOutput(path: path, detail: "\(error)")
        } catch {
            throw DataDirectoryError.notReadable(path: path, detail: "\(error)")
        }
        if isHalfRestored { throw DataDirectoryError.halfRestored(path: path) }
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
    /// A copy was being put back, and the process died before all of it was.
    case halfRestored(path: String)
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
