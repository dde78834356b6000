import CustomersAndOrders
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// Each rule finds what breaks it.
@Suite struct InvariantTests {
    let system: CustomersAndOrders

    init() throws {
        system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1500)
        try system.addOrder(total: 1000)
        try system.addOrder(total: 1000)
        try system.relayUntilIdle()
    }

    enum StoreName: Sendable {
        case customer, order, history
    }

    private func store(_ name: StoreName) -> SQLiteStore {
        switch name {
        case .customer: system.customerStore
        case .order: system.orderStore
        case .history: system.historyStore
        }
    }

    @Test func `a sound system breaks no rule`() throws {
        #expect(try system.violations() == [])
        #expect(try system.check().results.count == 19)
    }

    @Test(arguments: [
        (
            StoreName.customer, "UPDATE customer SET reserved = 500",
            "customer 1: 5.00 reserved, reservations of 10.00"
        ),
        (
            .customer, "DELETE FROM credit_reservation",
            "order 1 is APPROVED without credit"
        ),
        (
            .customer, "INSERT INTO credit_reservation VALUES (2, 1, 1000)",
            "the reservation for order 2: the order is REJECTED"
        ),
        (
            .customer, "INSERT INTO credit_reservation VALUES (77, 1, 1000)",
            "the reservation for order 77: no such order"
        ),
        (
            .customer, "UPDATE credit_reservation SET amount = 999",
            "the reservation for order 1: another customer or amount than the order's"
        ),
        (
            .customer,
            "UPDATE customer SET credit_limit = 500, reserved = 500; ",
            "customer 1: 5.00 reserved, reservations of 10.00"
        ),
        (
            .order, "UPDATE orders SET state = 'CANCELLED' WHERE id = 1",
            "the reservation for order 1: the order is CANCELLED, and the customer knows"
        ),
        (
            .order, "UPDATE orders SET state = 'CANCELLED' WHERE id = 1",
            "order 1 is CANCELLED, its events: [\"OrderCreated\", \"OrderApproved\"]"
        ),
        (
            .order,
            "UPDATE orders SET state = 'PENDING', rejection_reason = NULL WHERE id = 2",
            "order 2 is PENDING, and nothing is on its way"
        ),
        (
            .customer, "DELETE FROM received_messages WHERE message_id = 'order:1'",
            "order:1 is published, and customer has not handled it"
        ),
        (
            .history,
            "INSERT INTO received_messages (consumer_id, message_id, creation_time) "
                + "VALUES ('history', 'order:99', 0)",
            "history has handled order:99, which was never sent"
        ),
        (
            .order,
            "INSERT INTO saga_instance (saga_type, state_name, saga_data_type, saga_data_json) "
                + "VALUES ('CreateOrderSaga', '{}', 'Data', '{}')",
            "CreateOrderSaga 1 waits, and nothing is on its way"
        ),
        (
            .history, "UPDATE order_view SET state = 'REJECTED' WHERE id = 1",
            "order 1 differs in the view"
        ),
        (
            .history, "UPDATE customer_view SET name = 'Nobody'",
            "customer 1 differs in the view"
        ),
    ])
    func `what breaks a rule is found`(name: StoreName, sql: String, violation: String) throws {
        try store(name).write { _ = try $0.execute(SQL(unsafeText: sql)) }
        #expect(try system.violations().contains(violation))
    }
}
