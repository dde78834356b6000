internal import Platform
public import Tram

/// Replacing a store's file by another one: for a restored copy, and for a store that was built
/// anew.
///
/// The new file is prepared beside the old one and then renamed over it, so that at every instant
/// one of the two is there as a whole.
extension SQLiteStore {
    /// A store like this one (name, schema, clock) in another file.
    ///
    /// - Parameter path: on the same file system if it is to take this store's place: see
    ///   ``takeFile(of:)``.
    public func successor(path: String) -> SQLiteStore {
        SQLiteStore(opener.at(path), sharesPatience: !hasOwnPatience)
    }

    /// A store like this one in another file, which gets a copy of a third: of this store as it was
    /// at another time.
    ///
    /// What is at `path` is overwritten. The original is not changed, also when it has an older
    /// version.
    ///
    /// - Parameters:
    ///   - path: where the copy is made.
    ///   - original: the file to copy.
    /// - Throws: a `StoreError` when the original is not a store of this kind, or cannot be copied.
    public func successor(path: String, copiedFrom original: String) throws -> SQLiteStore {
        let successor = successor(path: path)
        try successor.removeFiles()
        let source = try opener.at(original).openForCopying()
        try opener.at(path).makePrivateFile()
        try source.copy(to: path)
        return successor
    }

    /// Writes what a view of a store shows into a new file, and makes its contents durable. To make
    /// its name durable, sync the directory.
    ///
    /// With a view from `ConsistentView`, copies of several stores fit together.
    ///
    /// - Parameters:
    ///   - view: the transaction of a `read` of a ``SQLiteStore``.
    ///   - path: the file to make. Only its owner may read it.
    /// - Precondition: `view` belongs to a SQLite store.
    public func copy(_ view: any Transaction, to path: String) throws {
        guard let view = view as? SQLiteTransaction else {
            preconditionFailure("only a view of a SQLite store can be copied into a file")
        }
        try opener.at(path).makePrivateFile()
        try view.copy(to: path)
    }

    /// Makes sure that nobody else has the file open at this moment. This store is closed.
    ///
    /// A file that is missing, damaged or of another program counts as nobody's.
    ///
    /// - Throws: `StoreError/inUse(path:waited:)` when another connection has it open.
    public func requireAlone() throws {
        close()
        do {
            try opener.requireAlone()
        } catch StoreError.missing, StoreError.damaged, StoreError.foreign {}
    }

    /// Closes the file; the next transaction opens it again. A store in memory is lost by it.
    public func close() {
        writer = nil
        reader = nil
        writersLock = nil
    }

    /// Deletes the store's file, its log and its lock: for a store that nobody else knows of.
    public func removeFiles() throws {
        close()
        let path = path
        try opener.system { () throws(SystemError) in
            for suffix in ["", "-wal", "-shm", "-lock"] { try Files.remove(path + suffix) }
        }
    }

    /// Puts another store's file in the place of this store's, whatever that holds, while no writer
    /// is at work.
    ///
    /// The other store is closed, and its log copied into its file. Afterwards its own path is
    /// empty. Whoever has the old file open meets `StoreError/moved(path:)` at the next
    /// transaction, and then the new file.
    ///
    /// - Parameter other: a store on the same file system, which nobody else uses.
    /// - Throws: `StoreError/busy(path:waited:)` while somebody writes.
    public func takeFile(of other: SQLiteStore) throws {
        close()
        let lock = try opener.makeLock()
        try opener.holding(lock) {
            try opener.system { () throws(SystemError) in
                // Where a link leads, the file that it leads to.
                let target = try Files.resolve(path) ?? path
                // The log belongs to the old file, and SQLite would apply it to the new one: it
                // goes first.
                for suffix in ["-wal", "-shm"] { try Files.remove(target + suffix) }
                try Files.replace(target, with: other.path)
            }
        }
        try other.removeFiles()
    }
}
