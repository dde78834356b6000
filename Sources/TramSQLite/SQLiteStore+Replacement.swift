internal import Platform
public import Tram

/// Replacing a store's file by another one.
extension SQLiteStore {
    /// A store like this one in another file.
    public func successor(path: String) -> SQLiteStore {
        SQLiteStore(opener.at(path), sharesPatience: !hasOwnPatience)
    }

    /// The same, with a copy of a file: of this store as it was at another time.
    ///
    /// - Throws: when that is no store of this kind. The original is not changed.
    public func successor(path: String, copiedFrom original: String) throws -> SQLiteStore {
        let successor = successor(path: path)
        try successor.removeFiles()
        let source = try opener.at(original).openForCopying()
        try opener.at(path).makePrivateFile()
        try source.copy(to: path)
        return successor
    }

    /// Writes what a view of a store shows into a new file, and makes it durable; its name is not
    /// durable yet.
    public func copy(_ view: any Transaction, to path: String) throws {
        guard let view = view as? SQLiteTransaction else {
            preconditionFailure("only a view of a SQLite store can be copied into a file")
        }
        try opener.at(path).makePrivateFile()
        try view.copy(to: path)
    }

    /// - Throws: `StoreError/inUse(path:waited:)` when anybody else has the file open. A file that is
    ///   missing or damaged is nobody's.
    public func requireAlone() throws {
        close()
        do {
            try opener.requireAlone()
        } catch StoreError.missing, StoreError.damaged, StoreError.foreign {}
    }

    /// Closes the file; the next transaction opens it again.
    public func close() {
        writer = nil
        reader = nil
        writersLock = nil
    }

    /// Deletes the store's files, those of its log and its lock as well: for a store that nobody else
    /// knows of.
    public func removeFiles() throws {
        close()
        let path = path
        try opener.system { () throws(SystemError) in
            for suffix in ["", "-wal", "-shm", "-lock"] { try Files.remove(path + suffix) }
        }
    }

    /// Puts another store's file in the place of this store's, whatever that holds, while no writer is
    /// at work. The other store is closed, and its log copied into its file. Whoever has the old file
    /// open notices it at the next transaction.
    ///
    /// - Throws: `StoreError/busy(path:waited:)` while somebody writes.
    public func takeFile(of other: SQLiteStore) throws {
        close()
        let lock = try opener.makeLock()
        try opener.holding(lock) {
            try opener.system { () throws(SystemError) in
                // Where a link leads, the file that it leads to.
                let target = try Files.resolve(path) ?? path
                // First the log: it belongs to the old file, and would be applied to the new one.
                for suffix in ["-wal", "-shm"] { try Files.remove(target + suffix) }
                try Files.replace(target, with: other.path)
            }
        }
        try other.removeFiles()
    }
}
