import Contracts
import Customers
import CustomersAndOrders
import OrderHistory
import Orders
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// Each column of each of the library's tables, with what does not belong there: whatever makes a look at
/// the stores fail, or tell something else, is found by a check.
@Suite struct SpoiledColumnTests {
    /// A system with something in most of the tables: delivered, discarded, edited, parked and pending
    /// messages, sagas that have ended, were helped or run, and a purge.
    private func system() throws -> CustomersAndOrders {
        let system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 5000)
        func park(_ type: String) throws {
            _ = try system.orderStore.write {
                try $0.execute(
                    "UPDATE message SET payload = '{}' WHERE published = 0 AND type = \(type)")
            }
            let run = system.relay.run(parking: ParkingPolicy(maxAttempts: 1))
            while try !run.pass().isIdle {}
        }
        try system.addOrder(total: 300, .orchestration)
        try system.addOrder(total: 300)
        try system.relayUntilIdle()
        for decision in [SagaDecision.skip, .abandon] {
            let order = try system.addOrder(total: 300, .orchestration)
            try park("ReserveCredit")
            _ = try system.relay.discard(DeadLetterSelection())
            try system.decide(decision, ofOrder: order, because: "by hand")
        }
        try system.relayUntilIdle()
        _ = try system.workbench.purge()
        try system.addOrder(total: 300)
        try park("OrderCreated")
        let payload = try #require(
            system.relay.retry(DeadLetterSelection(subscriber: "customer")).first)
        try park("OrderCreated")
        _ = try system.relay.edit(
            payload.message.id, for: "customer",
            payload:
                #"{"orderDetails":{"customerId":1,"orderTotal":{"amount":3}},"saga":"choreography"}"#
        )
        try system.addOrder(total: 300, .orchestration)
        _ = try system.relay.run().pass()
        try system.addOrder(total: 300, .orchestration)
        return system
    }

    /// What a look at the stores tells; nil for one that fails.
    private func looks(_ system: CustomersAndOrders) -> [String: String?] {
        func look(_ body: () throws -> Any) -> String? { (try? body()).map { "\($0)" } }
        var looks: [String: String?] = [
            "sagas": look { try system.workbench.sagas() },
            "orders": look { try system.orders.orders(OrderFilter(), after: 0, limit: 100) },
            "customers": look { try system.customers.customers(after: 0, limit: 100) },
            "histories": look { try system.history.histories(after: 0, limit: 100) },
            "relay": look { try system.workbench.relayStatus() },
            "subscribers": look { try system.relay.subscriptions() },
        ]
        for store in system.stores.all {
            looks["outbox of \(store.name)"] = look {
                try store.read { try Outbox($0).messages(after: 0, limit: 100) }.map {
                    (
                        $0.message.headers.sorted { $0.key < $1.key }, $0.message.payload,
                        $0.isPublished
                    )
                }
            }
            looks["inbox of \(store.name)"] = look {
                try store.read { try Inbox($0).entries(after: nil, limit: 100) }.map {
                    ($0.subscriber, $0.message, $0.outcome, $0.effects)
                }
            }
            // The ids are another system's each time.
            looks["identity of \(store.name)"] = look {
                let own = try store.read { try Identities($0).own() }
                return (own.service, own.members.sorted(), own.system != nil)
            }
        }
        return looks
    }

    /// What nothing else in the stores tells.
    private static let free: Set<String> = [
        // The operator's words, and those of errors.
        "saga_log.detail", "dead_letter.error", "delivery_failure.error",
        "delivery_failure.attempts",
        // The operator's decision is the only word about it; a subscriber may be gone since.
        "delivery_edit.consumer_id", "delivery_edit.payload", "discarded_delivery.consumer_id",
        "discarded_delivery.message_id", "dead_letter.consumer_id",
        // A row without an outcome was handled before there were outcomes.
        "received_messages.outcome",
    ]

    private struct Undo: Error {}

    private func update(
        _ column: String, of table: String, to value: String, where rows: String = ""
    )
        -> SQL
    {
        SQL(unsafeText: "UPDATE \(table) SET \(column) = \(value) \(rows)")
    }

    /// The statement that spoils a column; nil when the store refuses any.
    private func spoiling(
        _ store: SQLiteStore, _ table: String, _ column: String, _ key: String, _ value: String
    ) -> SQL? {
        let last = "WHERE \(key) = (SELECT max(\(key)) FROM \(table))"
        return [
            update(column, of: table, to: value),
            update(column, of: table, to: value, where: last),
        ].first { sql in
            do {
                try store.write { transaction in
                    _ = try transaction.execute(sql)
                    throw Undo()
                }
            } catch {
                return error is Undo
            }
            return false
        }
    }

    private static let examples = ["customer", "credit_reservation", "orders"]

    @Test(arguments: [0, 1], ["'x'", "NULL", "-1"])
    func `what a look tells wrongly is found by a check`(number: Int, value: String) throws {
        let sound = try system()
        let before = looks(sound)
        #expect(before.values.allSatisfy { $0 != nil })
        let known = try sound.violations()
        let store = sound.stores.all[number]
        let columns = try store.read { transaction in
            try transaction.rows(
                """
                SELECT tables.name, columns.name,
                    (SELECT name FROM pragma_table_info(tables.name) ORDER BY cid LIMIT 1)
                FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns
                WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
                """
            ).map { row in
                let (table, column, key): (String, String, String) = try row.values()
                return (table: table, column: column, key: key)
            }
        }
        var tried = 0
        for (table, column, key) in columns where !Self.examples.contains(table) {
            guard let sql = spoiling(store, table, column, key, value) else { continue }
            let spoilt = try system()
            let changed = try spoilt.stores.all[number].write { try $0.execute(sql) }
            if changed == 0 { continue }
            tried += 1
            let place = "\(store.name).\(table).\(column) = \(value)"
            let found: [String]
            do {
                found = try spoilt.violations()
            } catch {
                Issue.record("\(place): the check fails: \(error)")
                continue
            }
            if found != known || Self.free.contains("\(table).\(column)") { continue }
            let after = looks(spoilt)
            let others = before.keys.sorted().filter { before[$0] != after[$0] }
            #expect(others.isEmpty, "\(place) is not found: \(others)")
        }
        #expect(tried > 3)
    }
}
