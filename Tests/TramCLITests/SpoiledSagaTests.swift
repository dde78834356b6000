import Foundation
import TestSupport
import Testing

/// A saga whose rows were edited by hand concerns nobody but itself.
@Suite struct SpoiledSagaTests {
    let workbench: Workshop

    /// Three orders, each with a saga, and the choreographed one between them.
    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "50")
        for saga in ["orchestration", "orchestration", "choreography", "orchestration"] {
            try workbench.succeed(
                "order", "create", "--customer-id", "1", "--order-total", "4", "--saga", saga)
        }
    }

    private func spoil(_ sql: String) throws {
        try tamper(with: workbench.data + "/order.db", sql)
    }

    /// What can be spoiled of the saga of order 2, and what is said of it.
    static let spoilt = [
        (
            "UPDATE saga_instance SET definition_version = 7 WHERE id = 2",
            "it was started with version 7 of its definition, and this program knows version 1"
        ),
        (
            "UPDATE saga_instance SET executed_steps = '[\"charge\"]' WHERE id = 2",
            "it has done the step 'charge', which version 1 of its definition does not have"
        ),
        (
            "UPDATE saga_instance SET state_name = 'x' WHERE id = 2",
            "the column state_name holds 'x'"
        ),
        (
            "UPDATE saga_instance SET state_name = '{\"currentlyExecuting\":1}' WHERE id = 2",
            "the column state_name holds '{\"currentlyExecuting\":1}'"
        ),
        (
            "UPDATE saga_instance SET saga_data_json = '{}' WHERE id = 2",
            "the column saga_data_json holds '{}': the key 'orderDetails' is missing"
        ),
        (
            "UPDATE saga_instance SET saga_data_json = replace(saga_data_json, '\"orderId\":2', "
                + "'\"orderId\":77') WHERE id = 2",
            "its data is about order 77"
        ),
        (
            "UPDATE saga_instance SET executed_steps = '' WHERE id = 2",
            "the column executed_steps holds ''"
        ),
        (
            "UPDATE saga_instance SET last_request_id = 'order' WHERE id = 2",
            "the column last_request_id holds 'order'"
        ),
        ("DELETE FROM saga_instance WHERE id = 2", "it has no row in saga_instance"),
        (
            "UPDATE saga_log SET event = 'exploded' WHERE saga_id = '2' AND step = 1",
            "row 6 of saga_log holds the event 'exploded'"
        ),
        (
            "UPDATE saga_log SET message_id = 'x' WHERE saga_id = '2' AND step = 1",
            "row 6 of saga_log holds the message 'x'"
        ),
        ("UPDATE saga_instance SET retries = 'x' WHERE id = 2", "the column retries holds 'x'"),
        ("UPDATE saga_instance SET attempts = -1 WHERE id = 2", "the column attempts holds '-1'"),
        ("UPDATE saga_instance SET deadline = -1 WHERE id = 2", "the column deadline holds '-1'"),
        (
            "UPDATE saga_instance SET definition_version = -1 WHERE id = 2",
            "the column definition_version holds '-1'"
        ),
    ]

    /// A row that could be read by another program is not damaged.
    private func word(_ damage: String) -> String {
        damage.hasPrefix("it was started") || damage.hasPrefix("it has done")
            || damage.contains("is missing") ? "stranded" : "damaged"
    }

    @Test(arguments: spoilt) func `the list shows all others`(
        spoilt: (sql: String, damage: String)
    ) throws {
        func others(_ output: String) -> [String] {
            // The width of a column is that of its longest word.
            output.split(separator: "\n").filter { !$0.hasPrefix("2 ") }.map {
                $0.split(separator: " ").joined(separator: " ")
            }
        }
        let before = try workbench.succeed("saga", "list")
        try spoil(spoilt.sql)
        let list = try workbench.run("saga", "list")
        #expect(list.status == 65)
        #expect(others(list.output) == others(before))
        let line = try #require(list.lines.first { $0.hasPrefix("2 ") })
        let word = word(spoilt.damage)
        #expect(line.contains("  orchestration  \(word)  "), "\(line)")
        #expect(list.errors == "")

        let quiet = try workbench.run("saga", "list", "-q")
        #expect(quiet.status == 65)
        #expect(quiet.lines == ["1", "2", "3", "4"])
        let json = try workbench.run("saga", "list", "--json")
        #expect(json.status == 65)
        #expect(json.output.components(separatedBy: #""damage":[],"#).count == 4)
        #expect(json.output.components(separatedBy: #""state":"\#(word)""#).count == 2)
    }

    @Test(arguments: spoilt) func `it is shown as far as it can be read`(
        spoilt: (sql: String, damage: String)
    ) throws {
        try spoil(spoilt.sql)
        let text = try workbench.run("saga", "show", "2")
        #expect(text.status == 65)
        let word = word(spoilt.damage)
        let label = word == "stranded" ? word : "damage  "
        #expect(
            text.output.hasPrefix(
                """
                Saga of order 2: \(word)
                  kind          orchestration
                  instance      CreateOrderSaga 2
                  \(label)      \(spoilt.damage)

                """), "\(text.output)")
        #expect(text.output.contains("\n  message       order:3 OrderCreated\n"))
        #expect(text.output.contains("\ndone "), "the log can be read")
        #expect(text.output.contains("\nData before: {"))
        let json = try workbench.run("saga", "show", "2", "--json")
        #expect(json.status == 65)
        let damage = spoilt.damage.replacing("\"", with: #"\""#)
        #expect(json.output.contains(#","damage":["\#(damage)"],"version":"#), "\(json.output)")
        #expect(try workbench.run("saga", "show", "1").status == 0)
    }

    @Test(arguments: spoilt.prefix(8)) func `a retry names the order, the saga and what is wrong`(
        spoilt: (sql: String, damage: String)
    ) throws {
        try spoil(
            """
            UPDATE saga_instance SET end_state = 1, failed = 1, state_name =
            '{"currentlyExecuting":0,"compensating":false,"endState":true,"failed":true}'
            """)
        try spoil(spoilt.sql)
        let before = try workbench.bytes()
        let retried = try workbench.run("saga", "retry", "2")
        #expect(retried.status == 65)
        #expect(
            retried.errors.hasPrefix(
                word(spoilt.damage) == "stranded"
                    ? "error[saga-stranded]: the saga of order 2 cannot be retried: it is stranded: "
                        + "\(spoilt.damage)\n"
                    : "error[store-damaged]: a row does not hold what it should: "
                        + "CreateOrderSaga 2 of order 2: \(spoilt.damage)\n"),
            "\(retried.errors)")
        #expect(try workbench.bytes() == before)
    }

    @Test func `a saga that has failed at a step that is not there is not retried`() throws {
        try spoil(
            """
            UPDATE saga_instance SET end_state = 1, failed = 1, state_name =
            '{"currentlyExecuting":7,"compensating":false,"endState":true,"failed":true}'
            """)
        let retried = try workbench.run("saga", "retry", "2")
        #expect(retried.status == 65)
        #expect(
            retried.errors.contains(
                "the saga of order 2 cannot be retried: it is stranded: it stands at the step 'step 7', "
                    + "which version 1 of its definition does not have"))
    }

    @Test(arguments: spoilt) func `its order is shown and listed as ever`(
        spoilt: (sql: String, damage: String)
    ) throws {
        func withoutStep(_ output: String) -> [String] {
            output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("  step ") }
        }
        let order = try workbench.succeed("order", "show", "2")
        let list = try workbench.succeed("order", "list", "--json")
        try spoil(spoilt.sql)
        #expect(try withoutStep(workbench.succeed("order", "show", "2")) == withoutStep(order))
        #expect(try workbench.succeed("order", "list", "--json") == list)
    }

    @Test(arguments: spoilt.prefix(8)) func `a reply to it fails, and all others are delivered`(
        spoilt: (sql: String, damage: String)
    ) throws {
        try spoil(spoilt.sql)
        let passes = try workbench.run("relay", "run", "--until-idle")
        #expect(passes.status == 1)
        let failures = passes.lines.filter { $0.contains("failed  ") }
        #expect(failures.count == 1)
        let reason =
            spoilt.damage.hasPrefix("its data") ? "order 77 does not exist" : spoilt.damage
        #expect(failures.allSatisfy { $0.hasSuffix(reason) }, "\(failures)")
        #expect(
            try workbench.succeed("order", "list", "--state", "APPROVED", "-q") == "1\n3\n4",
            "\(passes.output)")
        // So it goes in each run.
        #expect(try workbench.run("relay", "run").status == 1)
    }

    @Test(arguments: spoilt.prefix(5)) func `its deadline stops no pass`(
        spoilt: (sql: String, damage: String)
    ) throws {
        try spoil("UPDATE saga_instance SET deadline = 1 WHERE id = 2")
        try spoil(spoilt.sql)
        let pass = try workbench.run("relay", "run")
        #expect(pass.status == 1)
        #expect(
            pass.output.contains("Deadline: failed CreateOrderSaga 2 for the reply to order:4: "),
            "\(pass.output)")
        #expect(pass.output.contains("\(spoilt.damage)\n"))
        #expect(pass.lines.last?.hasPrefix("8 messages, ") == true, "\(pass.output)")
    }

    @Test(arguments: spoilt) func `a check goes on, and names it when it is damaged`(
        spoilt: (sql: String, damage: String)
    ) throws {
        try spoil(spoilt.sql)
        let check = try workbench.run("store", "check")
        #expect(check.output.contains("rules checked"), "\(check.errors)")
        let isDamaged = word(spoilt.damage) == "damaged"
        #expect(check.status == (isDamaged ? 1 : 0), "\(check.output)")
        #expect(
            check.output.contains("CreateOrderSaga 2 of order 2") == isDamaged, "\(check.output)")
    }

    @Test func `a saga of which nothing was spoiled has no damage`() throws {
        let shown = try workbench.succeed("saga", "show", "2", "--json")
        #expect(shown.hasSuffix(#","damage":[],"version":1,"abandoned":false}"#))
        let choreographed = try workbench.succeed("saga", "show", "3", "--json")
        #expect(choreographed.hasSuffix(#","damage":[],"version":null,"abandoned":false}"#))
    }
}
