import TestSupport
import Testing

/// `tram saga abandon` of a saga whose rows no program, or not this one, can go on with.
@Suite struct AbandonCommandTests {
    let workbench: Workshop

    /// Two orchestrated orders, whose credit is reserved, and the replies are on their way.
    init() throws {
        workbench = try orchestratedWorkbench(orders: 2)
        try workbench.succeed("relay", "run")
    }

    /// What can be spoiled, what `saga list` calls it, and why the application is not told of the end.
    static let spoilt: [(sql: String, word: String, untold: String?)] = [
        (
            "definition_version = 7", "stranded",
            "it was started with version 7 of its definition, and this program knows version 1"
        ),
        ("executed_steps = '[\"charge\"]'", "stranded", nil),
        ("state_name = replace(state_name, 'reserve credit', 'charge')", "stranded", nil),
        (
            "saga_data_json = '{}'", "stranded",
            "the column saga_data_json holds '{}': the key 'orderDetails' is missing"
        ),
        ("saga_data_json = '{'", "damaged", "the column saga_data_json holds '{'"),
        (
            "saga_data_json = replace(saga_data_json, '\"orderId\":2', '\"orderId\":77')",
            "damaged", "its data is not trusted"
        ),
        ("state_name = 'x'", "damaged", nil),
        ("executed_steps = ''", "damaged", nil),
        ("last_request_id = 'order'", "damaged", nil),
    ]

    private func spoil(_ assignment: String) throws {
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE saga_instance SET \(assignment) WHERE id = 2")
    }

    @Test(arguments: spoilt) func `it ends as failed, and only the consequences are left`(
        spoilt: (sql: String, word: String, untold: String?)
    ) throws {
        try spoil(spoilt.sql)
        let list = try workbench.run("saga", "list")
        #expect(list.status == 65)
        #expect(list.output.contains("orchestration  \(spoilt.word)"), "\(list.output)")
        for command in ["retry", "resend", "skip", "rollback"] {
            let refused = try workbench.run("saga", command, "2", "--yes")
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(
                refused.errors.hasPrefix(
                    spoilt.word == "stranded"
                        ? "error[saga-stranded]: "
                        : "error[store-damaged]: a row does not hold what it should: "
                            + "CreateOrderSaga 2 of order 2: "), "\(refused.errors)")
        }
        let asked = try workbench.run("saga", "abandon", "2")
        #expect(asked.status == 64)
        #expect(asked.errors.hasPrefix("error[confirmation-needed]"))

        let untold = spoilt.untold.map { ", what was to follow was not done (\($0))" } ?? ""
        let before = try workbench.succeed("order", "show", "2")
        let effect = "CreateOrderSaga 2: abandoned, FAILED\(untold)"
        #expect(
            try workbench.succeed("saga", "abandon", "2", "--dry-run")
                == effect + "\nNothing was changed.")
        #expect(try workbench.succeed("order", "show", "2") == before)
        #expect(
            try workbench.succeed("saga", "abandon", "2", "--yes", "--reason", "by mail", "--json")
                == #"{"orderId":2,"effects":["\#(effect.replacing("\"", with: #"\""#))"],"#
                + #""published":["order:5"]}"#)
        let again = try workbench.run("saga", "abandon", "2", "--yes")
        #expect(again.status == 1)
        #expect(again.errors.contains("it was abandoned"), "\(again.errors)")

        let relayed = try workbench.succeed("relay", "run", "--until-idle")
        #expect(relayed.contains("ignored  CreateOrderSaga 2 has ended"), "\(relayed)")
        #expect(relayed.contains("unlocked") || relayed.contains("nothing is locked"))
        let after = try workbench.succeed("saga", "list")
        #expect(after.contains("2      orchestration  failed"), "\(after)")
        let shown = try workbench.succeed("saga", "show", "2")
        #expect(shown.contains("\nabandoned "), "\(shown)")
        #expect(shown.contains(" by mail\n"))
        #expect(shown.contains("not called: ") == (spoilt.untold != nil))
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        #expect(try !workbench.succeed("relay", "status").contains("Stranded"))
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost) order 2 is PENDING"), "\(check.output)")
    }

    @Test func `a program that knows it again does not go on with it`() throws {
        try spoil("definition_version = 7")
        try workbench.succeed("saga", "abandon", "2", "--yes")
        try spoil("definition_version = 1")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "2").hasPrefix("Order 2: PENDING"))
        #expect(try workbench.succeed("saga", "list").contains("2      orchestration  failed"))
        for command in ["retry", "resend", "skip", "rollback", "abandon"] {
            let refused = try workbench.run("saga", command, "2", "--yes")
            #expect(refused.errors.contains("it was abandoned"), "\(refused.errors)")
        }
    }

    @Test func `many are given up at once, and nothing else is decided about them`() throws {
        try spoil("definition_version = 7")
        let retried = try workbench.run("saga", "skip", "--where", "state=stranded", "--yes")
        #expect(retried.status == 1)
        #expect(
            retried.lines.first?.hasPrefix("refused[saga-stranded]: ") == true, "\(retried.output)")
        #expect(retried.lines.last == "0 sagas skipped, 1 refused.")
        #expect(
            try workbench.succeed("saga", "abandon", "--where", "state=damaged")
                == "No saga has state=damaged.")
        let abandoned = try workbench.succeed(
            "saga", "abandon", "--where", "state=stranded,step=reserve credit", "--yes")
        #expect(abandoned.hasSuffix("\n1 saga abandoned, 0 refused."), "\(abandoned)")
        try spoil("state_name = '{'")
        #expect(
            try workbench.succeed("saga", "abandon", "--where", "state=damaged")
                == "No saga has state=damaged.", "it was given up before")
    }

    @Test func `one whose row is gone cannot be given up`() throws {
        try tamper(
            with: workbench.data + "/order.db", "DELETE FROM saga_instance WHERE id = 2")
        let refused = try workbench.run("saga", "abandon", "2", "--yes")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("order 2 has no saga CreateOrderSaga 2"))
    }

    @Test func `one that has ended is not turned into a failed one`() throws {
        try workbench.succeed("relay", "run", "--until-idle")
        try spoil("state_name = 'x'")
        #expect(try workbench.succeed("order", "show", "2").hasPrefix("Order 2: APPROVED"))
        for way in [["--dry-run"], ["--yes"]] {
            let refused = try workbench.run(["saga", "abandon", "2"] + way)
            #expect(refused.status == 1)
            #expect(
                refused.errors.hasPrefix(
                    "error[not-stuck]: the saga of order 2 cannot be abandoned: it is completed, "
                        + "as its log tells, and its row is damaged\nNothing was changed.\n"),
                "\(refused.errors)")
        }
        let many = try workbench.run("saga", "abandon", "--where", "state=damaged", "--yes")
        #expect(many.status == 1)
        #expect(many.output.contains("it is completed"), "\(many.output)")
        #expect(many.lines.last == "0 sagas abandoned, 1 refused.", "\(many.output)")
        let check = try workbench.run("store", "check")
        #expect(check.status == 1)
        #expect(check.output.contains("state_name holds 'x'"), "\(check.output)")
        let shown = try workbench.run("saga", "show", "2")
        #expect(shown.output.contains("\ncompleted "), "\(shown.output)")
        #expect(!shown.output.contains("abandoned"), "\(shown.output)")
    }
}
