import Contracts
import CustomersAndOrders
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// A check at rest finds what a hand has changed, and names what it does not check.
@Suite struct StoreAuditTests {
    let system: CustomersAndOrders

    init() throws {
        system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1500)
        try system.addCustomer(limit: 100, name: "Nobody's")
        try system.addOrder(total: 1000)
        try system.addOrder(total: 1000)
        try system.addOrder(total: 300, .orchestration)
        try system.relayUntilIdle()
        #expect(try system.violations() == [])
    }

    private func store(_ name: InvariantTests.StoreName) -> SQLiteStore {
        switch name {
        case .customer: system.customerStore
        case .order: system.orderStore
        case .history: system.historyStore
        }
    }

    @Test(arguments: [
        (
            InvariantTests.StoreName.order,
            "UPDATE orders SET saga = 'orchestration' WHERE id = 1",
            "order 1 is orchestration, and its saga is none"
        ),
        (
            .order, "UPDATE orders SET saga = 'orchestration' WHERE id = 1",
            "order 1 is orchestration; order:1 tells choreography"
        ),
        (
            .order, "UPDATE orders SET rejection_reason = 'UNKNOWN_CUSTOMER' WHERE id = 2",
            "order 2 has the reason UNKNOWN_CUSTOMER; order:6 tells INSUFFICIENT_CREDIT"
        ),
        (
            .order, "UPDATE orders SET customer_id = 2 WHERE id = 2",
            "order 2 is of customer 2, 10.00; order:2 tells customer 1, 10.00"
        ),
        (
            .customer, "DELETE FROM customer WHERE id = 2",
            "2 rows of customer have been numbered, and 1 of them are gone"
        ),
        (
            .customer, "UPDATE customer SET name = 'Somebody' WHERE id = 2",
            "customer 2 is not as customer:2 tells"
        ),
        (
            .order, "DELETE FROM orders WHERE id = 3",
            "3 rows of orders have been numbered, and 1 of them are gone"
        ),
        (
            .order, "DELETE FROM saga_log",
            "CreateOrderSaga 1 of order 3: its log does not tell how it came to its state"
        ),
        (
            .order, "DELETE FROM saga_log WHERE event = 'completed'",
            "CreateOrderSaga 1 of order 3: its log does not tell how it came to its state"
        ),
        (.order, "DELETE FROM saga_instance", "CreateOrderSaga 1 of order 3 is gone"),
        (
            .order, "UPDATE saga_instance SET saga_data_json = '{}'",
            "CreateOrderSaga 1 of order 3: its data is not about the order"
        ),
        (
            .order, "UPDATE saga_instance SET state_name = ''",
            "CreateOrderSaga 1 of order 3: the column state_name holds ''"
        ),
        (
            .order, "UPDATE saga_instance SET end_state = 0",
            "CreateOrderSaga 1 of order 3: its columns and its state do not agree"
        ),
        (
            .order,
            """
            UPDATE saga_instance SET compensating = 1, state_name = '{"currentlyExecuting":0,
            "compensating":true,"endState":true,"failed":false}'
            """, "CreateOrderSaga 1 of order 3 is rolledBack, and the order is APPROVED"
        ),
        (
            .order, "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'orders'",
            "the counter of orders is at 1, and there is a row 3"
        ),
        (
            .order, "DELETE FROM sqlite_sequence WHERE name = 'message'",
            "the counter of message is at 0, and there is a row 7"
        ),
        (
            .order, "UPDATE message SET payload = replace(payload, '3', '4') WHERE id = 3",
            "order:3: the message was changed after it was sent: its digest does not fit"
        ),
        (
            .order, "DELETE FROM message WHERE id = 7",
            "7 rows of message have been numbered, and 1 of them are gone"
        ),
        (
            .history,
            "INSERT INTO received_messages (consumer_id, message_id, creation_time) "
                + "VALUES ('history', 'order:8', 0)",
            "history has handled order:8, which was never sent"
        ),
        (
            .order,
            """
            UPDATE saga_instance SET saga_data_json = replace(saga_data_json, '"amount":3', '"amount":4')
            """, "CreateOrderSaga 1 of order 3: its data is not about the order"
        ),
        (
            .order, "UPDATE saga_log SET saga_data_json = '{}'",
            "CreateOrderSaga 1 of order 3: its log ends with other data than it has"
        ),
        (
            .order,
            "INSERT INTO saga_instance (saga_type, state_name, end_state, saga_data_type, "
                + "saga_data_json) VALUES ('CreateOrderSaga', '{}', 1, 'Data', '{}')",
            "CreateOrderSaga 2 is no order's"
        ),
        (
            .history, "UPDATE received_messages SET digest = 1 WHERE message_id = 'order:2'",
            "history has handled order:2 with other content"
        ),
        (
            .history, "UPDATE received_messages SET consumer_id = 'x' WHERE message_id = 'order:2'",
            "'x' has handled order:2, and there is no such subscriber; see tram subscriber remove x"
        ),
        (
            .history, "UPDATE store_identity SET system_id = 'x'",
            "the store of history does not belong to this system: "
                + "it was made for another system than the other stores"
        ),
    ])
    func `what a hand has changed is found`(
        name: InvariantTests.StoreName, sql: String, violation: String
    ) throws {
        try store(name).write { _ = try $0.execute(SQL(unsafeText: sql)) }
        let found = try system.violations()
        #expect(found.contains(violation), "\(found)")
    }

    @Test func `a counter that was lowered behind purged rows is found`() throws {
        _ = try system.workbench.purge()
        #expect(try system.violations() == [])
        try system.orderStore.write {
            _ = try $0.execute("UPDATE sqlite_sequence SET seq = 2 WHERE name = 'message'")
        }
        #expect(
            try system.violations().contains(
                "the store of order is older than what others have seen of it: "
                    + "its last message has number 2, and customer has seen order:4"))
    }

    @Test func `rules that are skipped are named, and why, and so are failed messages`() throws {
        #expect(try system.check().skipped.isEmpty)
        try system.addOrder(total: 1)
        try system.orderStore.write {
            _ = try $0.execute("UPDATE message SET payload = '{}' WHERE published = 0")
        }
        try system.relayUntilIdle()
        let check = try system.check()
        #expect(check.skipped.map(\.reason) == Array(repeating: "1 message is pending", count: 4))
        #expect(check.skipped.first?.rule == "at rest, every order is decided")
        #expect(check.failed.map(\.message.id.description) == ["order:8", "order:8"])
        #expect(check.failed.map(\.subscriber) == ["customer", "history"])
    }
}
