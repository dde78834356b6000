internal import Tram
internal import TramSQLite

extension CustomersAndOrders {
    /// Checks the files and what they say together, at one instant, beside whatever else is at work.
    /// What damaged files say is not looked at.
    package func check() throws -> [InvariantCheck] {
        try SQLiteStore.readConsistently(stores) { views in
            let files = try zip(stores, views).map { store, view in
                InvariantCheck(
                    rule: "the file \(store.name).db is sound", violations: try damage(in: view))
            }
            guard files.allSatisfy(\.violations.isEmpty) else { return files }
            return try files + snapshot(of: views).checks(relay.services.flatMap(\.subscribers))
        }
    }

    private func damage(in view: any Transaction) throws -> [String] {
        do {
            return try fileDamage(in: view)
        } catch StoreError.damaged(_, let detail) {
            return [detail]
        }
    }

    /// The facts of all stores at one instant.
    package func snapshot() throws -> SystemSnapshot {
        try SQLiteStore.readConsistently(stores, snapshot)
    }

    private func snapshot(of views: [any Transaction]) throws -> SystemSnapshot {
        try SystemSnapshot(customers: views[0], orders: views[1], history: views[2])
    }
}
