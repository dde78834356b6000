package import Tram
internal import TramSQLite

extension CustomersAndOrders {
    /// How many failed messages are named.
    private static let failuresTold = 100

    /// Checks the files and what they say together, at one instant, beside whatever else is at work.
    /// What damaged files say is not looked at, and what needs a store that cannot be used is skipped.
    package func check(_ availability: Availability = Availability()) throws -> SystemCheck {
        let available = try stores.filter { store in
            try availability.attempt(store) { _ in try store.openForReading() } != nil
        }
        return try SQLiteStore.readConsistently(available) { views in
            var result = SystemCheck()
            result.checks = try views.map { view in
                InvariantCheck(
                    rule: "the file \(view.storeName).db is sound",
                    violations: try damage(in: view))
            }
            guard result.violations == 0 else {
                result.skipped.append(
                    SkippedRule(
                        rule: "all rules about what the stores say",
                        reason: "a file is not sound"))
                return result
            }
            for view in views {
                result.failed += try Outbox(view).failedDeliveries(limit: Self.failuresTold)
            }
            if views.count == stores.count {
                let snapshot = try snapshot(of: views)
                result.checks += try snapshot.checks(
                    relay.services.flatMap(\.subscribers), Losses(views))
                skipRulesAtRest(snapshot, &result)
            } else {
                let away = stores.map(\.name).filter { !availability.includes($0) }
                result.skipped.append(
                    SkippedRule(
                        rule: "all rules about what the services say together",
                        reason: "\(away.joined(separator: " and ")) cannot be read"))
            }
            result.checks += try audit(views)
            return result
        }
    }

    private func skipRulesAtRest(_ snapshot: SystemSnapshot, _ result: inout SystemCheck) {
        if snapshot.isAtRest { return }
        let pending = snapshot.messages.count { !$0.isPublished }
        result.skipped += SystemSnapshot.rulesAtRest.map {
            SkippedRule(
                rule: $0, reason: "\(pending) message\(pending == 1 ? " is" : "s are") pending")
        }
    }

    /// What each store must obey by itself, and what they know of one another.
    private func audit(_ views: [any Transaction]) throws -> [InvariantCheck] {
        func check(
            _ rule: String, only service: String? = nil,
            _ find: (StoreAudit) throws -> [String]
        ) throws -> InvariantCheck? {
            let audits = views.filter { service == nil || $0.storeName == service }
                .map(StoreAudit.init)
            if audits.isEmpty { return nil }
            return InvariantCheck(rule: rule, violations: try audits.flatMap(find))
        }
        return try [
            InvariantCheck(
                rule: "the stores are of one system, and none is older than others know it",
                violations: relay.mismatches(in: views).map { "\($0)" }),
            check("every message is as it was sent") { try $0.changedMessages() },
            check("nothing that was numbered is gone, and no number is given out twice") {
                try $0.missingRows()
            },
            check("every customer is as its event tells", only: ServiceName.customer) {
                try $0.misrepresentedCustomers()
            },
            check("every order is as its events tell", only: ServiceName.order) {
                try $0.misrepresentedOrders()
            },
            check("every saga is as its order and its log tell", only: ServiceName.order) {
                try $0.brokenSagas()
            },
        ].compactMap { $0 }
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
