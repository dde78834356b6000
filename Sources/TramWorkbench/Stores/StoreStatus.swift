package import Tram
internal import TramSQLite

/// A store, and how many messages it holds.
package struct StoreStatus: Hashable, Sendable {
    /// The service's name.
    package let name: String
    /// The path of its file.
    package let path: String
    package let messages: Int
    package let pending: Int
    package let failed: Int
    package let purged: Int
    package let handled: Int
    package let parked: Int
    package let identity: StoreIdentity

    fileprivate init(_ transaction: any Transaction, path: String) throws {
        let outbox = Outbox(transaction)
        name = transaction.storeName
        self.path = path
        messages = try outbox.count()
        pending = try outbox.pendingCount()
        failed = try outbox.failedCount()
        purged = try outbox.purgedCount()
        handled = try Inbox(transaction).count()
        parked = try outbox.parkedCount()
        identity = try Identities(transaction).own()
    }
}

extension Workbench {
    /// The stores that can be read, in the application's order.
    package func storeStatus(
        _ availability: Availability = Availability()
    ) throws -> [StoreStatus] {
        try stores.all.compactMap { store in
            try availability.attempt(store) { _ in
                try store.read { try StoreStatus($0, path: store.path) }
            }
        }
    }
}
