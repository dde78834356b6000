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
    func create(_ stores: [SQLiteStore]) throws {
        if try hasStores() { return }
        do {
            try Files.makeDirectory(path)
            let lock = try FileLock(path: file("creation-lock"))
            guard try lock.acquire(waitingAtMost: lockTimeout) else {
                throw DataDirectoryError.beingCreated(path: path, waited: lockTimeout)
            }
            defer { lock.release() }
            if try hasStores() { return }
            for store in stores { try store.create() }
            try makeOneSystem(stores)
            // Whoever made the directory may have died before its name was durable.
            try Files.synchronizeName(ofDirectory: path)
            try Files.synchronize(directory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
        } catch let error as SystemError {
            throw DataDirectoryError.notWritable(path: path, detail: "\(error)")
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
        do {
            try Files.makeDirectory(path)
        } catch {
            throw DataDirectoryError.notWritable(path: path, detail: "\(error)")
        }
    }

    /// Makes the directory, which must be new or empty, and lets `body` put stores into it.
    func createAsCopy(_ body: () throws -> Void) throws {
        do {
            guard try Files.isMissingOrEmpty(directory: path) else {
                throw StoreCopyError.notEmpty(path: path)
            }
            try Files.makeDirectory(path)
            try body()
            try Files.synchronizeName(ofDirectory: path)
            try Files.synchronize(directory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
        } catch let error as SystemError {
            throw DataDirectoryError.notWritable(path: path, detail: "\(error)")
        }
    }

    /// Lets `body` replace the stores. Until it has returned, also after a kill, there is no store.
    func restoring(_ body: () throws -> Void) throws {
        do {
            try Files.write("\n", durablyTo: restoringMarker)
            try body()
            try Files.synchronizeName(ofDirectory: path)
            try Files.write("\(Self.format)\n", durablyTo: marker)
            try Files.remove(restoringMarker)
            try Files.synchronize(directory: path)
        } catch let error as SystemError {
            throw DataDirectoryError.notWritable(path: path, detail: "\(error)")
        }
    }

    /// - Throws: ``StoreCopyError/sameDirectory(path:)``.
    func refuseSame(as other: DataDirectory) throws {
        guard let own = Files.resolved(path), own == Files.resolved(other.path) else { return }
        throw StoreCopyError.sameDirectory(path: path)
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
        do {
            content = try Files.read(marker)
            guard try Files.read(restoringMarker) == nil else {
                throw DataDirectoryError.halfRestored(path: path)
            }
        } catch let error as SystemError {
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
    /// A copy was being put back, and the process died before all of it was.
    case halfRestored(path: String)
    /// The marker file does not hold what it should.
    case damaged(path: String)
    case tooNew(path: String, format: Int, supported: Int)
    case notWritable(path: String, detail: String)
    case notReadable(path: String, detail: String)
    /// Another process was making the stores for longer than this one was told to wait, in
    /// milliseconds.
    case beingCreated(path: String, waited: Int)
}
