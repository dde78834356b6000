internal import Tram
internal import TramSQLite

extension CustomersAndOrders {
    /// Checks the files and what they say together, at one instant, beside whatever else is at work.
    package func check() throws -> [InvariantCheck] {
        try SQLiteStore.readConsistently(stores) { views in
            let files = try zip(stores, views).map { store, view in
                InvariantCheck(
                    rule: "the file \(store.name).db is sound",
                    violations: try fileDamage(in: view))
            }
            return try files + snapshot(of: views).checks(relay.services.flatMap(\.subscribers))
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
