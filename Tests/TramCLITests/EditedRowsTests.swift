import TestSupport
import Testing

/// Rows that were edited by hand are damage, and no bug of tram's.
@Suite struct EditedRowsTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
            "orchestration")
    }

    private func expectDamage(
        _ sql: String, _ commands: [[String]], says detail: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try tamper(with: workbench.data + "/order.db", sql)
        let before = try workbench.bytes()
        for command in commands {
            let result = try workbench.run(command)
            #expect(result.status == 65, "\(command)", sourceLocation: sourceLocation)
            #expect(
                result.errors.hasPrefix("error[store-damaged]: "), "\(command)",
                sourceLocation: sourceLocation)
            #expect(
                result.errors.contains(detail), "\(result.errors)", sourceLocation: sourceLocation)
        }
        #expect(try workbench.bytes() == before, sourceLocation: sourceLocation)
    }

    @Test func `a saga whose row is gone is damage`() throws {
        try expectDamage(
            "DELETE FROM saga_instance", [["saga", "retry", "1"]],
            says: "order 1 has no saga CreateOrderSaga 1")
    }

    @Test func `a sum that overflows is damage`() throws {
        try expectDamage(
            """
            INSERT INTO message_purge (through_id, messages, creation_time)
            VALUES (1, 1 << 62, 0), (2, 1 << 62, 0)
            """,
            [["store", "status"]], says: "integer overflow")
    }

    @Test func `numbers that are used up are damage, and no full disk`() throws {
        try expectDamage(
            "UPDATE sqlite_sequence SET seq = 9223372036854775807",
            [["order", "create", "--customer-id", "1", "--order-total", "4"]],
            says: "a table has used up its numbers")
    }

    @Test func `a time beyond all bounds stops no relay`() throws {
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE message SET creation_time = -9223372036854775808")
        let relayed = try workbench.run("relay", "run")
        #expect(relayed.status == 1)
        #expect(relayed.output.contains("failed  the message was changed after it was sent"))
        #expect(try workbench.run("outbox", "list", "--times").status == 0)
    }
}
