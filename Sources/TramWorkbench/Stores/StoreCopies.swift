internal import Platform
internal import Tram
internal import TramSQLite

/// Why a copy was not made, or not put back. Nothing was changed.
package enum StoreCopyError: Error, Hashable, Sendable {
    /// There is something in the way of the copy.
    case notEmpty(path: String)
    /// The copy is of another system than the stores that it would replace.
    case ofOtherSystem(path: String)
    /// A directory is to be copied onto itself.
    case sameDirectory(path: String)
}

extension Stores {
    /// Copies all stores, as they are at one instant, into a new directory, beside whatever else is at
    /// work. The copy is a data directory by itself.
    ///
    /// - Throws: ``StoreCopyError``.
    package func backUp(to copy: DataDirectory) throws {
        try copy.createAsCopy {
            try ConsistentView.read(all) { views in
                for (store, view) in zip(all, views) {
                    try store.copy(view, to: copy.file(store.name + ".db"))
                }
            }
        }
    }

    /// Puts all stores back as a copy has them. Nobody else may have them open.
    ///
    /// A kill in the middle leaves a mark: until the restoring is done again, there is no store that
    /// could be used by mistake.
    ///
    /// - Throws: ``StoreCopyError``; `StoreError.inUse` beside another process.
    package func restore(from copy: DataDirectory) throws {
        guard let directory else { return }
        try directory.refuseSame(as: copy)
        try directory.make()
        try withRelayLock {
            // Whoever has a store open would go on in a file that is gone.
            for store in all { try store.requireAlone() }
            let successors = try all.map { store in
                try store.successor(
                    path: store.path + ".new", copiedFrom: copy.file(store.name + ".db"))
            }
            do {
                try refuseOtherSystem(successors, copy)
            } catch {
                for successor in successors { try successor.removeFiles() }
                throw error
            }
            for store in all + successors { store.close() }
            try directory.restoring {
                for (store, successor) in zip(all, successors) {
                    try store.takeFile(of: successor)
                }
            }
        }
    }

    /// A store that cannot be read says nothing of its system, and is to be replaced.
    private func refuseOtherSystem(
        _ successors: [SQLiteStore], _ copy: DataDirectory
    ) throws {
        func systems(_ stores: [SQLiteStore]) -> Set<String> {
            Set(
                stores.compactMap { store in
                    (try? store.read { try Identities($0).own().system }) ?? nil
                })
        }
        let present = systems(all)
        let copied = systems(successors)
        guard present.isEmpty || copied.isEmpty || !present.isDisjoint(with: copied) else {
            throw StoreCopyError.ofOtherSystem(path: copy.path)
        }
    }
}
