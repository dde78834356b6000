internal import Platform
package import Tram
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

extension CustomersAndOrders {
    /// Copies all stores, as they are at one instant, into a new directory, beside whatever else is at
    /// work. The copy is a data directory by itself.
    ///
    /// - Throws: ``StoreCopyError``.
    package func backUp(to copy: DataDirectory) throws {
        try copy.createAsCopy {
            try ConsistentView.read(stores) { views in
                for (store, view) in zip(stores, views) {
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
            for store in stores { try store.requireAlone() }
            let successors = try stores.map { store in
                try store.successor(
                    path: store.path + ".new", copiedFrom: copy.file(store.name + ".db"))
            }
            do {
                try refuseOtherSystem(successors, copy)
            } catch {
                for successor in successors { try successor.removeFiles() }
                throw error
            }
            for store in stores + successors { store.close() }
            try directory.restoring {
                for (store, successor) in zip(stores, successors) {
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
        let present = systems(stores)
        let copied = systems(successors)
        guard present.isEmpty || copied.isEmpty || !present.isDisjoint(with: copied) else {
            throw StoreCopyError.ofOtherSystem(path: copy.path)
        }
    }

    /// Goes on from a store that was put back by itself: see `Relay.accept`.
    package func accept(_ name: String) throws -> AcceptanceReport {
        try withRelayLock {
            try relay.accept(service(name), incarnation: RandomText.make())
        }
    }

    /// Makes messages pending again that a subscriber has lost: see `Relay.redeliver`.
    package func redeliver(
        to subscriber: String, from first: MessageID?
    ) throws -> [(source: String, messages: Int)] {
        try withRelayLock { try relay.redeliver(to: subscriber, from: first) }
    }
}
