internal import Platform
public import Tram

/// Replacing a store's file by another one.
extension SQLiteStore {
    /// A store like this one in another file.
    public func successor(path: String) -> SQLiteStore {
        SQLiteStore(opener.at(path))
    }

    /// The same, with a copy of a file: of this store as it was at another time.
    ///
    /// - Throws: when that is no store of this kind. The original is not changed.
    public func successor(path: String, copiedFrom original: String) throws -> SQLiteStore {
        let successor = successor(path: path)
        try successor.removeFiles()
        try opener.at(original).openForCopying().copy(to: path)
        return successor
    }

    /// Writes what a view of a store shows into a new file, and makes it durable; its name is not
    /// durable yet.
    public static func copy(_ view: any Transaction, to path: String) throws {
        guard let view = view as? SQLiteTransaction else {
            preconditionFailure("only a view of a SQLite store can be copied into a file")
        }
        try view.copy(to: path)
    }

    /// - Throws: ``StoreError/inUse(path:waited:)`` when anybody else has the file open. A file that is
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
        for suffix in ["", "-wal", "-shm", "-lock"] { try remove(path + suffix) }
    }

    /// Puts another store's file in the place of this store's, whatever that holds, while no writer is
    /// at work. The other store is closed, and its log copied into its file. Whoever has the old file
    /// open notices it at the next transaction.
    ///
    /// - Throws: ``StoreError/busy(path:waited:)`` while somebody writes.
    public func takeFile(of other: SQLiteStore) throws {
        close()
        let lock = try opener.makeLock()
        try opener.holding(lock) {
            // First the log: it belongs to the old file, and would be applied to the new one.
            for suffix in ["-wal", "-shm"] { try remove(path + suffix) }
            do {
                try Files.replace(path, with: other.path)
            } catch {
                throw StoreError.inputOutput(path: path, detail: "\(error)", atCommit: false)
            }
        }
        try other.removeFiles()
    }

    private func remove(_ path: String) throws {
        do {
            try Files.remove(path)
        } catch {
            throw StoreError.inputOutput(path: path, detail: "\(error)", atCommit: false)
        }
    }
}
