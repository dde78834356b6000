internal import Orders
internal import Platform
package import Tram
internal import TramSQLite
internal import TramWorkbench

extension CustomersAndOrders {
    /// How many failed messages are named.
    private static let failuresTold = 100

    /// Checks the files and what they say together, at one instant, beside whatever else is at work.
    /// What damaged files say is not looked at, and what needs a store that cannot be used is skipped.
    package func check(_ availability: Availability = Availability()) throws -> SystemCheck {
        let available = try stores.all.filter { store in
            try availability.attempt(store) { _ in try store.openForReading() } != nil
        }
        return try ConsistentView.read(available) { views in
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
            result.parked = try relay.deadLetters(in: views, limit: Self.failuresTold)
            if views.count == stores.all.count {
                try checkTogether(views, &result)
            } else {
                let away = stores.names.filter { !availability.includes($0) }
                result.skipped.append(
                    SkippedRule(
                        rule: "all rules about what the services say together",
                        reason: "\(away.joined(separator: " and ")) cannot be read"))
            }
            // What cannot be read explains nothing.
            let losses = try views.count == stores.all.count ? readable { try Losses(views) } : nil
            result.checks += try audit(views, losses ?? Losses())
            return result
        }
    }

    private func checkTogether(
        _ views: [any Transaction], _ result: inout SystemCheck
    ) throws {
        do {
            let snapshot = try snapshot(of: views)
            result.checks += try snapshot.checks(
                relay.services.flatMap(\.subscribers), Losses(views),
                MissedMessages(of: relay.services, in: views))
            skipRulesAtRest(snapshot, &result)
        } catch StoreError.unexpectedRow(let detail) {
            result.checks.append(
                InvariantCheck(rule: "every row holds what it should", violations: [detail]))
            result.skipped.append(
                SkippedRule(
                    rule: "all rules about what the services say together",
                    reason: "a row cannot be read"))
        }
    }

    /// - Returns: nil when a row does not hold what it should.
    private func readable<Value>(_ read: () throws -> Value) throws -> Value? {
        do {
            return try read()
        } catch StoreError.unexpectedRow {
            return nil
        }
    }

    /// What `find` finds, or the row that it could not read.
    private func findings(_ find: () throws -> [Finding]) throws -> [Finding] {
        do {
            return try find()
        } catch StoreError.unexpectedRow(let detail) {
            return [Finding(detail)]
        }
    }

    private func skipRulesAtRest(_ snapshot: SystemSnapshot, _ result: inout SystemCheck) {
        if snapshot.isAtRest { return }
        let pending = snapshot.messages.count { !$0.isPublished && !$0.isParked }
        let parked = snapshot.messages.count(where: \.isParked)
        func are(_ count: Int, _ state: String) -> String? {
            count == 0 ? nil : "\(count) message\(count == 1 ? " is" : "s are") \(state)"
        }
        let reason = [are(pending, "pending"), are(parked, "parked")].compactMap { $0 }
            .joined(separator: ", ")
        result.skipped += SystemSnapshot.rulesAtRest.map { SkippedRule(rule: $0, reason: reason) }
    }

    /// What each store must obey by itself, and what they know of one another.
    private func audit(
        _ views: [any Transaction], _ losses: Losses
    ) throws -> [InvariantCheck] {
        if views.isEmpty { return [] }
        func check(
            _ rule: String, only service: String? = nil,
            _ find: (StoreAudit) throws -> [Finding]
        ) throws -> InvariantCheck? {
            let audits = views.filter { service == nil || $0.storeName == service }
                .map(StoreAudit.init)
            return audits.isEmpty
                ? nil
                : InvariantCheck(
                    rule: rule,
                    findings: try audits.flatMap { audit in try findings { try find(audit) } })
        }
        func violations(_ texts: [String]) -> [Finding] { texts.map { Finding($0) } }
        let reused = losses.reused.map(\.description).sorted().map {
            "\($0) may have the number of a lost one, for which others take it"
        }
        let numbers = try check(
            "nothing that was numbered is gone, and no number is given out twice"
        ) { violations(try $0.missingRows()) }
        return try [
            InvariantCheck(
                rule: "the stores are of one system, and none is older than others know it",
                findings: findings {
                    violations(
                        try relay.mismatches(in: views).map { "\($0)" }
                            + views.flatMap { try RowAudit(view: $0).halfIdentity() })
                }),
            check("every message is as it was sent") { audit in
                try audit.changedMessages().map { message, defect in
                    Finding(
                        "\(message): \(defect)",
                        isConsequence: losses.isKnownToOperators(message))
                } + violations(RowAudit(view: audit.view).unreadableEdits())
            },
            numbers.map {
                InvariantCheck(
                    rule: $0.rule, violations: $0.violations, consequences: reused)
            },
            InvariantCheck(
                rule: "what was handled is what was sent",
                findings: findings { violations(try handledOtherwise(views)) }),
            check("every customer is as its event tells", only: ServiceName.customer) {
                violations(
                    try $0.misrepresentedCustomers(except: losses.isKnownToOperators))
            },
            check("every order is as its events tell", only: ServiceName.order) {
                violations(try $0.misrepresentedOrders(except: losses.isKnownToOperators))
            },
            check("every saga is as its order and its log tell", only: ServiceName.order) { audit in
                try SagaAudit(audit.view, orders.sagas).faults().map { fault in
                    let isExplained =
                        if let kind = fault.kind, let order = fault.order {
                            losses.explain(kind, ofOrder: order)
                        } else {
                            fault.isKnown
                        }
                    return Finding(fault.text, isConsequence: isExplained)
                }
            },
        ].compactMap { $0 }
    }

    /// The messages that an inbox knows with another digest than their outbox, and the subscribers that
    /// nobody knows.
    private func handledOtherwise(_ views: [any Transaction]) throws -> [String] {
        var digests: [String: Int] = [:]
        for view in views {
            for row in try view.rows("SELECT id, digest FROM message") {
                let (number, digest): (Int, Int) = try row.values()
                digests["\(view.storeName):\(number)"] = digest
            }
        }
        // A former id is followed by the next relay.
        let subscribers = Set(
            relay.services.flatMap(\.subscribers).flatMap { [$0.id] + $0.formerIDs })
        let purged = try views.flatMap { view in
            try Inbox(view).positions().compactMap { position -> String? in
                let last = MessageID(service: position.source, number: position.through)
                let name = "'\(position.subscriber)' has handled all up to \(last)"
                if !subscribers.contains(position.subscriber) {
                    return name + strange(position.subscriber)
                }
                let row = try view.rows(
                    """
                    SELECT 1 FROM received_messages
                    WHERE consumer_id = \(position.subscriber) AND message_id = \(last.description)
                    UNION ALL
                    SELECT 1 FROM subscription
                    WHERE consumer_id = \(position.subscriber) AND source = \(position.source)
                        AND through_id = \(position.through)
                    """)
                return row.isEmpty ? "\(name), whose row is gone" : nil
            }
        }
        return try purged
            + views.flatMap { view in
                let audit = RowAudit(view: view)
                return try audit.unreadableOutcomes()
                    + audit.brokenSubscriptions(known: subscribers, strange)
            }
            + views.flatMap { view in
                try view.rows(
                    """
                    SELECT consumer_id, message_id, digest FROM received_messages
                    ORDER BY consumer_id, message_id
                    """
                ).compactMap { row -> String? in
                    let (subscriber, message, digest): (String, String, Int?) = try row.values()
                    if !subscribers.contains(subscriber) {
                        return "'\(subscriber)' has handled \(message)" + strange(subscriber)
                    }
                    guard let digest, let sent = digests[message], sent != digest else {
                        return nil
                    }
                    return "\(subscriber) has handled \(message) with other content"
                }
            }
    }

    private func strange(_ subscriber: String) -> String {
        ", and there is no such subscriber; see tram subscriber remove \(shellWord(subscriber))"
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
        try ConsistentView.read(stores.all, snapshot)
    }

    private func snapshot(of views: [any Transaction]) throws -> SystemSnapshot {
        try SystemSnapshot(customers: views[0], orders: views[1], history: views[2])
    }
}
