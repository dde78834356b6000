import Contracts
import CustomersAndOrders
import Orders
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// What an operator has decided about a saga excuses what follows from it, and no damage.
@Suite struct DecidedSagaAuditTests {
    let system: CustomersAndOrders

    /// An orchestrated order, whose command is order:2.
    init() throws {
        system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1500)
        try system.addOrder(total: 300, .orchestration)
    }

    private func change(_ store: SQLiteStore, _ sql: String) throws {
        try store.write { transaction in
            for statement in sql.split(separator: ";") {
                _ = try transaction.execute(SQL(unsafeText: String(statement)))
            }
        }
    }

    private func decide(_ decision: SagaDecision) throws {
        try system.decide(decision, ofOrder: 1, because: "a test")
    }

    /// The command cannot be delivered, is parked, and an operator gives it up.
    private func discardCommand() throws {
        try change(system.orderStore, "UPDATE message SET payload = '{}' WHERE id = 2")
        let run = system.relay.run(parking: ParkingPolicy(maxAttempts: 1))
        while try !run.pass().isIdle {}
        _ = try system.relay.discard(DeadLetterSelection())
        try system.relayUntilIdle()
    }

    private func expectOnlyConsequences(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let check = try system.check()
        #expect(check.results.flatMap(\.violations) == [], sourceLocation: sourceLocation)
        #expect(check.skipped.isEmpty, sourceLocation: sourceLocation)
    }

    private func consequences() throws -> [String] {
        try system.check().results.flatMap(\.consequences)
    }

    private static let gone = "DELETE FROM credit_reservation; UPDATE customer SET reserved = 0"

    /// Damage that no decision leads to.
    static let damage: [(store: InvariantTests.StoreName, sql: String, violation: String)] = [
        (
            .order,
            """
            UPDATE saga_instance
            SET saga_data_json = replace(saga_data_json, '"orderId":1', '"orderId":77')
            """, "CreateOrderSaga 1 of order 1: its data is not about the order"
        ),
        (
            .order,
            """
            UPDATE saga_instance
            SET saga_data_json = replace(saga_data_json, '"amount":3', '"amount":4')
            """, "CreateOrderSaga 1 of order 1: its data is not about the order"
        ),
        (
            .order, "DELETE FROM saga_log",
            "CreateOrderSaga 1 of order 1: its log does not tell how it came to its state"
        ),
        (
            .order, "DELETE FROM saga_log WHERE id = (SELECT max(id) FROM saga_log)",
            "CreateOrderSaga 1 of order 1: its log does not tell how it came to its state"
        ),
        (
            .order, "UPDATE saga_instance SET end_state = 1 - end_state",
            "CreateOrderSaga 1 of order 1: its columns and its state do not agree"
        ),
        (.order, "DELETE FROM saga_instance", "CreateOrderSaga 1 of order 1 is gone"),
        (
            .order, "DELETE FROM saga_decision",
            "CreateOrderSaga 1 of order 1: its log and what was decided about it do not agree"
        ),
        (
            .order,
            "INSERT INTO saga_decision (saga_type, saga_id, decision, reason, creation_time) "
                + "VALUES ('CreateOrderSaga', '1', 'rolled-back', '', 0)",
            "CreateOrderSaga 1 of order 1: its log and what was decided about it do not agree"
        ),
        (
            .order, "UPDATE saga_decision SET saga_id = '9'",
            "it was decided about CreateOrderSaga 9, which is no order's"
        ),
    ]

    @Test(arguments: [SagaDecision.retry, .resend, .skip, .abandon], damage)
    func `damage is found whatever was decided`(
        decision: SagaDecision,
        damage: (store: InvariantTests.StoreName, sql: String, violation: String)
    ) throws {
        try discardCommand()
        try decide(decision)
        try system.relayUntilIdle()
        try expectOnlyConsequences()
        try change(system.orderStore, damage.sql)
        let found = try system.violations()
        #expect(found.contains(damage.violation), "\(found)")
    }

    @Test(arguments: [SagaDecision.retry, .resend])
    func `a command that is sent again excuses nothing`(decision: SagaDecision) throws {
        try discardCommand()
        try decide(decision)
        try system.relayUntilIdle()
        try expectOnlyConsequences()
        try change(system.customerStore, Self.gone)
        #expect(try system.violations() == ["order 1 is APPROVED without credit"])
    }

    @Test func `a reservation of another amount follows from no decision about a saga`() throws {
        try decide(.skip)
        try system.relayUntilIdle()
        try expectOnlyConsequences()
        try change(
            system.customerStore,
            "UPDATE credit_reservation SET amount = 200; UPDATE customer SET reserved = 200")
        #expect(
            try system.violations()
                == ["the reservation for order 1: another customer or amount than the order's"])
    }

    @Test func `a skipped step leaves an order without credit, but takes none away`() throws {
        try decide(.skip)
        // The command comes all the same, and is answered.
        try system.relayUntilIdle()
        #expect(try consequences() == [])
        try change(system.customerStore, Self.gone)
        #expect(try system.violations() == ["order 1 is APPROVED without credit"])
    }

    @Test func `a step that was skipped when its command was discarded was not done`() throws {
        try discardCommand()
        try decide(.skip)
        try system.relayUntilIdle()
        try expectOnlyConsequences()
        #expect(try consequences().contains("order 1 is APPROVED without credit"))
        #expect(try system.check().violations == 0)
    }

    @Test func `a saga that was given up leaves its order undecided, and not paid twice`() throws {
        try decide(.abandon)
        try system.relayUntilIdle()
        try expectOnlyConsequences()
        #expect(
            try consequences() == [
                "order 1 is PENDING, and nothing is on its way",
                "order 1 is PENDING and has credit",
            ])
        // Nothing that follows from it approves an order without credit.
        try change(system.customerStore, Self.gone)
        try change(system.orderStore, "UPDATE orders SET state = 'APPROVED'")
        #expect(try system.violations().contains("order 1 is APPROVED without credit"))
    }

    @Test(arguments: [true, false])
    func `a rollback leaves a reservation`(isDecided: Bool) throws {
        try system.relay.run().pass()
        // The answer is a refusal, and the credit was reserved all the same.
        try system.addOrder(total: 9000, .orchestration)
        try system.relayUntilIdle()
        if isDecided {
            try change(
                system.orderStore,
                """
                INSERT INTO saga_decision (saga_type, saga_id, decision, reason, creation_time)
                VALUES ('CreateOrderSaga', '2', 'rolled-back', '', 0);
                UPDATE saga_log SET event = 'rollback' WHERE saga_id = '2' AND event = 'refused'
                """)
        }
        try change(
            system.customerStore,
            """
            UPDATE customer SET credit_limit = 99999, reserved = 9300;
            INSERT INTO credit_reservation VALUES (2, 1, 9000)
            """)
        let findings = [
            "the reservation for order 2: the order is REJECTED",
            "order 2 is REJECTED and has credit",
        ]
        #expect(try consequences() == (isDecided ? findings : []))
        #expect(findings.allSatisfy(try system.violations().contains) == !isDecided)
    }

    @Test func `what was discarded leaves too little, and never an order without credit`() throws {
        try discardCommand()
        #expect(
            try consequences().contains("CreateOrderSaga 1 waits, and nothing is on its way"))
        try change(system.orderStore, "UPDATE orders SET state = 'APPROVED'")
        #expect(try system.violations().contains("order 1 is APPROVED without credit"))
    }

    /// Data about another order is not trusted when the saga is given up, and stays as it was.
    @Test func `the data of a saga that was given up is as it was then`() throws {
        func spoil(_ order: Int) throws {
            try change(
                system.orderStore,
                """
                UPDATE saga_instance
                SET saga_data_json = replace(saga_data_json, '"orderId":1', '"orderId":\(order)')
                """)
        }
        try spoil(17)
        try decide(.abandon)
        try system.relayUntilIdle()
        try expectOnlyConsequences()
        #expect(
            try consequences().contains(
                "CreateOrderSaga 1 of order 1: its data is not about the order"))
        try spoil(18)
        #expect(
            try system.violations().contains(
                "CreateOrderSaga 1 of order 1: its data is not about the order"))
    }

    /// A program with a later definition may have written it.
    @Test func `a saga that is stranded is not damaged`() throws {
        for spoilt in [
            "saga_data_json = '{}'", "saga_data_json = '{\"orderId\":1}'", "definition_version = 7",
        ] {
            try change(system.orderStore, "UPDATE saga_instance SET \(spoilt)")
            #expect(try system.workbench.sagas().map(\.state) == ["stranded"], "\(spoilt)")
            #expect(try system.violations() == [], "\(spoilt)")
        }
        try change(system.orderStore, "UPDATE saga_instance SET saga_data_json = '{\"orderId\":7}'")
        #expect(try system.workbench.sagas().map(\.state) == ["damaged"])
        #expect(
            try system.violations() == [
                "CreateOrderSaga 1 of order 1: its data is not about the order"
            ])
    }

    @Test func `whoever has an inbox and is not known can be removed, and that is said`() throws {
        try system.relayUntilIdle()
        try change(
            system.historyStore,
            "UPDATE received_messages SET consumer_id = 'x' WHERE message_id = 'order:1'")
        #expect(
            try system.violations().contains(
                "'x' has handled order:1, and there is no such subscriber; "
                    + "see tram subscriber remove x"))
    }
}
