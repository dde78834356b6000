import Foundation
import TestSupport
import Testing

/// What an operator is told of a decision is true, and what a refusal proposes is accepted.
@Suite struct SagaDecisionWordsTests {
    /// A saga whose command was handled, and whose reply was discarded.
    private func withLostReply(creditLimit: String) throws -> Workshop {
        let workbench = try orchestratedWorkbench(orders: 1, creditLimit: creditLimit)
        try workbench.succeed("relay", "run")
        try workbench.loseReplies()
        return workbench
    }

    /// The decisions that a refusal names, in its help.
    private func proposed(_ errors: String) -> [String] {
        (errors.components(separatedBy: "help: ").last ?? "").components(
            separatedBy: "tram saga "
        ).dropFirst().map { String($0.prefix { $0 != " " }) }
    }

    @Test func `a failed saga is helped by what each refusal names`() throws {
        let workbench = try withLostReply(creditLimit: "1")
        try workbench.succeed("saga", "resend", "1", "--yes")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("saga", "list").contains("1      orchestration  failed"))
        for (decision, reason) in [
            (
                "retry",
                "cannot be retried: the step 'reserve credit' was done or may have been, and has no "
                    + "compensation"
            ),
            (
                "resend",
                "cannot be sent again: it has failed, and no command of it is unanswered"
            ),
            (
                "rollback",
                "cannot be rolled back: it has failed: it was to be rolled back, and "
                    + "'reserve credit' was not undone"
            ),
        ] {
            let refused = try workbench.run("saga", decision, "1", "--yes")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("\(reason)\n"), "\(refused.errors)")
            #expect(proposed(refused.errors) == ["skip", "abandon"], "\(refused.errors)")
            for other in proposed(refused.errors) {
                #expect(try workbench.run("saga", other, "1", "--dry-run").status == 0)
            }
        }
        let cancelled = try workbench.run("order", "cancel", "1")
        #expect(cancelled.status == 1)
        #expect(
            cancelled.errors.contains(
                "nothing decides it any more unless its saga is helped: tram saga show 1"),
            "\(cancelled.errors)")
        try workbench.succeed("saga", "skip", "1", "--yes")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: REJECTED"))
    }

    @Test func `a stuck saga's order is not said to be decided by a relay`() throws {
        let workbench = try stuckWorkbench(orders: 1)
        #expect(try workbench.run("order", "cancel", "1").errors.contains("tram saga show 1"))
        try workbench.succeed("saga", "resend", "1", "--yes")
        #expect(
            try workbench.run("order", "cancel", "1").errors.contains(
                "wait until it is decided: tram relay run --until-idle"))
    }

    @Test func `a step is in doubt where the command was handled, not where it was discarded`()
        throws
    {
        let inDoubt = try withLostReply(creditLimit: "50")
        let refused = try inDoubt.run("saga", "rollback", "1", "--yes")
        #expect(refused.errors.hasPrefix("error[not-compensatable]"), "\(refused.errors)")
        #expect(proposed(refused.errors) == ["retry", "resend", "skip", "abandon"])
        let discarded = try stuckWorkbench(orders: 1)
        try discarded.succeed("saga", "rollback", "1", "--yes")
    }

    @Test func `a stranded saga is not said to be damaged`() throws {
        let workbench = try stuckWorkbench(orders: 2)
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE saga_instance SET definition_version = 7 WHERE id = 1")
        let reason =
            "it was started with version 7 of its definition, and this program knows version 1"
        for decision in ["retry", "resend", "skip", "rollback"] {
            let refused = try workbench.run("saga", decision, "1", "--yes")
            #expect(refused.status == 65)
            #expect(refused.errors.hasPrefix("error[saga-stranded]: "), "\(refused.errors)")
            #expect(refused.errors.contains(": it is stranded: \(reason)\n"))
            #expect(proposed(refused.errors) == ["abandon"])
        }
        for command in [["saga", "show", "1"], ["order", "show", "1"]] {
            let shown = try workbench.run(command).output
            #expect(
                shown.contains("  stuck: nothing is on its way; see tram saga abandon\n"),
                "\(shown)")
        }
        #expect(
            try workbench.succeed("saga", "show", "2").contains(
                "  stuck: nothing is on its way; see tram saga resend\n"))
        let many = try workbench.run("saga", "skip", "--where", "state=stranded", "--yes")
        #expect(many.status == 1)
        #expect(many.output.hasPrefix("refused[saga-stranded]: "))
        #expect(try workbench.run("saga", "abandon", "1", "--yes").status == 0)
    }

    @Test(arguments: ["abandon", "skip"])
    func `a service that was left out is no error that says nothing was changed`(
        decision: String
    ) throws {
        let workbench = try stuckWorkbench(orders: 1)
        try tamper(with: workbench.data + "/customer.db", "PRAGMA user_version = 9999")
        let decided = try workbench.run("saga", decision, "1", "--yes", "--json")
        #expect(decided.status == 78)
        #expect(decided.output.hasPrefix(#"{"orderId":1,"effects":["CreateOrderSaga 1: "#))
        #expect(
            decided.errors
                == #"{"warning":"customer is unavailable: "#
                + "\(workbench.data)/customer.db was written by a newer tram\"}\n")
    }

    @Test func `a rehearsal tells the risk`() throws {
        let workbench = try withLostReply(creditLimit: "50")
        let risk = "order:2 was handled by customer: sent again, it is handled again"
        for way in [
            ["resend", "1"], ["retry", "1"], ["resend", "--where", "state=stuck"],
            ["retry", "--where", "state=stuck"],
        ] {
            let text = try workbench.run(["saga"] + way + ["--dry-run"])
            #expect(text.status == 0)
            #expect(text.errors == "warning: \(risk)\n", "\(way)")
            let json = try workbench.run(["saga"] + way + ["--dry-run", "--json"])
            #expect(json.errors == "{\"warning\":\"\(risk)\"}\n", "\(way)")
        }
        #expect(try workbench.run("saga", "abandon", "1", "--dry-run").errors == "")
    }

    @Test func `who comes second is told that the saga has moved`() throws {
        let workbench = try stuckWorkbench(orders: 1)
        try workbench.succeed("saga", "resend", "1", "--yes")
        let second = try workbench.run("saga", "retry", "1")
        #expect(
            second.errors.hasPrefix("error[saga-not-failed]"), "what it waits for is on its way")
        #expect(second.errors.contains("order:3 ReserveCredit is on its way"), "\(second.errors)")
    }

    @Test func `what a relay waits for is not idle where a store cannot be looked at`() throws {
        let workbench = try stuckWorkbench(orders: 1)
        #expect(
            try workbench.succeed("relay", "status", "--json").contains(
                #""idle":true,"parked":0,"stuck":[{"orderId":1}]"#))
        try tamper(with: workbench.data + "/history.db", "PRAGMA user_version = 9999")
        let status = try workbench.run("relay", "status", "--json")
        #expect(status.status == 78)
        #expect(status.output.contains(#""idle":false,"#), "\(status.output)")
        #expect(
            status.output.hasSuffix(#","failedSagas":[],"unavailable":["history"]}"# + "\n"),
            "\(status.output)")
    }
}
