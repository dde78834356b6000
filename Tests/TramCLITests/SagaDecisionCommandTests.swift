import Foundation
import TestSupport
import Testing

/// `tram saga retry`, `resend`, `skip`, `rollback` and `abandon`, and who tells that somebody should.
@Suite struct SagaDecisionCommandTests {
    let workbench: Workshop

    /// A customer and three orchestrated orders, whose commands are order:2, order:4 and order:6.
    init() throws {
        workbench = try orchestratedWorkbench(orders: 3)
    }

    /// The commands cannot be delivered, are parked, and an operator gives them up.
    private func discardCommands(_ numbers: String = "2, 4, 6") throws {
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE message SET payload = '{}' WHERE id IN (\(numbers))")
        _ = try workbench.run("relay", "run", "--max-attempts", "1", "--until-idle")
        try workbench.succeed("deadletter", "discard", "--all", "--yes")
        _ = try workbench.run("relay", "run", "--until-idle")
    }

    private func expectSound(
        _ consequences: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)", sourceLocation: sourceLocation)
        #expect(
            !check.output.contains("skipped"), "\(check.output)", sourceLocation: sourceLocation)
        for line in consequences {
            #expect(
                check.output.contains("(lost) \(line)"), "\(line) in \(check.output)",
                sourceLocation: sourceLocation)
        }
    }

    @Test func `a saga that is stuck after a discard is named, and finds its way out`() throws {
        try discardCommands("2")
        #expect(
            try workbench.succeed("saga", "list").contains(
                "1      orchestration  running           2  reserve credit  "
                    + "stuck: nothing is on its way"))
        #expect(
            try workbench.succeed("relay", "status").hasSuffix(
                "Stuck: the saga of order 1: nothing is on its way; see tram saga show 1"))
        #expect(
            try workbench.succeed("relay", "status", "--json").hasSuffix(
                #","parked":0,"stuck":[{"orderId":1}],"stranded":[],"waitingFor":[],"failedSagas":[],"#
                    + #""unavailable":[]}"#))
        #expect(
            try workbench.succeed("saga", "show", "1").contains(
                "  stuck: nothing is on its way; see tram saga resend\n"))
        let asked = try workbench.run("saga", "resend", "1")
        #expect(asked.status == 64)
        #expect(asked.errors.hasPrefix("error[confirmation-needed]: this sends a command again"))
        #expect(
            try workbench.succeed("saga", "resend", "1", "--dry-run")
                == "CreateOrderSaga 1: reserve credit requested\nNothing was changed.")
        let resent = try workbench.run("saga", "resend", "1", "--yes", "--reason", "lost")
        #expect(resent.errors == "", "nobody has handled the first one")
        #expect(
            resent.output == """
                CreateOrderSaga 1: reserve credit requested
                Sent order:9 ReserveCredit (pending)

                """)
        let again = try workbench.run("saga", "resend", "1", "--yes")
        #expect(again.status == 1)
        #expect(
            again.errors.hasPrefix(
                "error[not-stuck]: the command of the saga of order 1 cannot be sent again: "
                    + "order:9 ReserveCredit is on its way\n"))
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        #expect(try !workbench.succeed("relay", "status").contains("Stuck"))
        #expect(
            try workbench.succeed("saga", "show", "1").contains(
                "\nresent     reserve credit  lost\n"))
        try expectSound()
    }

    @Test func `a parked command is retried as a dead letter`() throws {
        try tamper(
            with: workbench.data + "/order.db", "UPDATE message SET payload = '{}' WHERE id = 2")
        _ = try workbench.run("relay", "run", "--max-attempts", "1", "--until-idle")
        let refused = try workbench.run("saga", "resend", "1", "--yes", "--json")
        #expect(refused.status == 1)
        #expect(refused.errors.contains(#""code":"not-stuck""#))
        #expect(refused.errors.contains("order:2 ReserveCredit is parked"))
        #expect(refused.errors.contains("tram deadletter retry order:2"))
        let retried = try workbench.run("saga", "retry", "1")
        #expect(retried.status == 1)
        #expect(retried.errors.hasPrefix("error[saga-not-failed]"))
    }

    /// As if a relay had died after the command could not be resumed, and before its outbox heard of it.
    @Test func `a saga whose command was given back is not stuck`() throws {
        try workbench.succeed("relay", "run")
        try tamper(
            with: workbench.data + "/customer.db",
            "UPDATE message SET published = 1 WHERE destination = 'CreateOrderSaga-reply'")
        #expect(try workbench.succeed("relay", "status").contains("Stuck: the saga of order 1"))
        try tamper(
            with: workbench.data + "/customer.db",
            """
            INSERT INTO saga_stash_table
                (message_id, target, saga_type, saga_id, is_compensation, is_repeated, is_behind,
                 message_type, destination, partition_id, message_headers, message_payload, returned)
            VALUES
                ('order:2', 'x', 'CreateOrderSaga', '1', 0, 0, 0, 'ReserveCredit',
                 'customerService', '1', '{}', '{}', 1)
            """)
        #expect(!(try workbench.succeed("relay", "status").contains("the saga of order 1:")))
        let shown = try workbench.succeed("saga", "show", "1")
        #expect(!shown.contains("stuck"), "\(shown)")
        #expect(shown.contains("order:2 ReserveCredit") && shown.contains("pending"), "\(shown)")
        let refused = try workbench.run("saga", "resend", "1", "--yes")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("order:2 ReserveCredit is on its way"))
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
    }

    @Test func `that a command was handled is said before it is sent again`() throws {
        try workbench.succeed("relay", "run")
        // The reply is lost.
        try workbench.loseReplies()
        let note = "warning: order:2 was handled by customer: sent again, it is handled again\n"
        for command in ["resend", "retry"] {
            let asked = try workbench.run("saga", command, "1")
            #expect(asked.status == 64)
            #expect(asked.errors.hasPrefix(note + "error[confirmation-needed]"), "\(asked.errors)")
        }
        let resent = try workbench.run("saga", "resend", "1", "--yes")
        #expect(resent.status == 0)
        #expect(resent.errors == note)
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        #expect(
            try workbench.succeed("customer", "show", "1", "--json").contains(
                #""reserved":{"amount":12}"#), "reserved once for each order")
    }

    @Test func `a decision beside a relay that watches`() throws {
        try discardCommands("2, 4")
        let relay = try workbench.start("relay", "run", "--watch", "--quiet")
        try workbench.succeed("saga", "resend", "1", "--yes")
        try workbench.succeed("saga", "skip", "2", "--yes")
        for order in ["1", "2"] {
            #expect(try workbench.run("order", "wait", order, "--for", "APPROVED").status == 0)
        }
        relay.send(SIGTERM)
        #expect(try relay.wait().status == 143)
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound("order 2 is APPROVED without credit")
    }

    @Test func `a skipped step counts as done, and what follows breaks no rule`() throws {
        try discardCommands("2")
        #expect(
            try workbench.succeed("saga", "skip", "1", "--yes", "--reason", "by hand", "--json")
                == #"{"orderId":1,"effects":["CreateOrderSaga 1: reserve credit skipped, "#
                + #"approve order done, completed"],"published":["order:9","order:10"]}"#)
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound("order 1 is APPROVED without credit")
        let ended = try workbench.run("saga", "skip", "1", "--yes")
        #expect(ended.status == 1)
        #expect(ended.errors.hasPrefix("error[not-stuck]"))
    }

    @Test func `a skip of a named step is refused elsewhere`() throws {
        try discardCommands("2")
        let elsewhere = try workbench.run("saga", "skip", "1", "--step", "approve order", "--yes")
        #expect(elsewhere.status == 1)
        #expect(elsewhere.errors.hasPrefix("error[not-stuck]"), "\(elsewhere.errors)")
        #expect(elsewhere.errors.contains("it stands at 'reserve credit'"))
        #expect(try workbench.run("saga", "resend", "1", "--step", "x", "--yes").status == 64)
        for state in ["compensating", "failed"] {
            let undoing = try workbench.run(
                "saga", "skip", "1", "--step", "reserve credit", "--state", state, "--yes")
            #expect(undoing.status == 1)
            #expect(undoing.errors.hasPrefix("error[not-possible]"), "\(undoing.errors)")
            #expect(undoing.errors.contains("it is running"))
        }
        let odd = try workbench.run("saga", "skip", "1", "--state", "odd", "--yes")
        #expect(odd.status == 64)
        #expect(odd.errors.contains("choose one of: running, compensating, failed"))
        try workbench.succeed(
            "saga", "skip", "1", "--step", "reserve credit", "--state", "running", "--yes")
        let repeated = try workbench.run("saga", "skip", "1", "--step", "reserve credit", "--yes")
        #expect(repeated.status == 1)
    }

    @Test func `a rehearsal says so in JSON, and quiet prints ids`() throws {
        try discardCommands("2, 4")
        let rehearsed = try workbench.succeed("saga", "resend", "1", "--dry-run", "--json")
        #expect(rehearsed.hasSuffix(#","published":["order:8"],"dryRun":true}"#), "\(rehearsed)")
        let many = try workbench.succeed(
            "saga", "resend", "--where", "state=stuck", "--dry-run", "--json")
        #expect(many.components(separatedBy: #","error":null,"dryRun":true}"#).count == 3)
        #expect(try workbench.succeed("saga", "skip", "1", "--yes", "-q") == "1")
        #expect(
            try workbench.succeed("saga", "resend", "--where", "state=stuck", "--yes", "-q") == "2")
    }

    @Test func `each command that a refusal proposes works on the same stores`() throws {
        try workbench.succeed("relay", "run")
        let refused = try workbench.run("saga", "rollback", "1", "--yes")
        let commands = refused.errors.components(separatedBy: "'tram saga ").dropFirst()
        #expect(commands.count == 2, "\(refused.errors)")
        for command in commands { #expect(command.contains(" --data-dir "), "\(command)") }
    }

    @Test func `a rollback past a step without compensation names the step`() throws {
        try workbench.succeed("relay", "run")
        let before = try workbench.succeed("saga", "show", "1")
        let refused = try workbench.run("saga", "rollback", "1", "--yes")
        #expect(refused.status == 1)
        #expect(
            refused.errors.hasPrefix(
                "error[not-compensatable]: the saga of order 1 cannot be rolled back: the step "
                    + "'reserve credit' was done or may have been, and has no compensation\n"))
        #expect(try workbench.succeed("saga", "show", "1") == before)
    }

    @Test func `a step whose command was discarded does not hinder a rollback`() throws {
        try discardCommands("2")
        #expect(
            try workbench.succeed("saga", "rollback", "1", "--yes").hasPrefix(
                "CreateOrderSaga 1: rolled back from reserve credit, create order undone, "
                    + "rolled back\nPublished order:9 OrderRejected (pending)\n"))
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: REJECTED"))
        try expectSound()
    }

    @Test func `an abandoned saga has failed for good, and a late reply moves nothing`() throws {
        #expect(
            try workbench.succeed("saga", "abandon", "1", "--yes", "--reason", "settled")
                == "CreateOrderSaga 1: abandoned, FAILED\nSent order:7 SagaUnlockCommand (pending)")
        let relayed = try workbench.succeed("relay", "run", "--until-idle")
        #expect(relayed.contains("ignored  CreateOrderSaga 1 has ended"), "\(relayed)")
        #expect(try workbench.succeed("saga", "list").contains("1      orchestration  failed"))
        for command in ["retry", "resend", "skip", "rollback", "abandon"] {
            let refused = try workbench.run("saga", command, "1", "--yes")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("it was abandoned"), "\(refused.errors)")
        }
        #expect(
            try workbench.succeed("saga", "retry", "--where", "state=failed")
                == "No saga has state=failed.", "it is not taken up with others")
        #expect(try workbench.succeed("relay", "status").hasSuffix("history         0       0  -"))
        try expectSound(
            "order 1 is PENDING, and nothing is on its way", "order 1 is PENDING and has credit")
    }

    @Test func `many are helped at once, and what is refused is said`() throws {
        try discardCommands("2, 4")
        func run(_ arguments: String...) throws -> ChildProcess.Result {
            try workbench.run(["saga"] + arguments)
        }
        let rehearsed = try run("retry", "--where", "state=stuck,step=reserve credit", "--dry-run")
        let inOtherOrder = try run(
            "retry", "--where", "step=reserve credit,state=stuck", "--dry-run")
        #expect(inOtherOrder.output == rehearsed.output)
        #expect(rehearsed.status == 0)
        #expect(
            rehearsed.output == """
                CreateOrderSaga 1: reserve credit requested
                CreateOrderSaga 2: reserve credit requested
                2 sagas would be retried, 0 refused. Nothing was changed.

                """)
        #expect(try run("retry", "--where", "state=failed").output == "No saga has state=failed.\n")
        #expect(
            try run("retry", "--where", "state=stuck,step=elsewhere", "--json").output == "[]\n")
        #expect(try run("abandon", "--where", "state=stuck").status == 64)
        #expect(try run("resend", "1", "--yes").status == 0)
        let mixed = try run("resend", "--where", "state=running", "--yes")
        #expect(mixed.status == 1)
        #expect(mixed.lines.count == 4)
        #expect(
            mixed.lines.first?.hasPrefix("refused[not-stuck]: the command of the saga of order 1 ")
                == true)
        #expect(mixed.lines.last == "1 saga resent, 1 refused.")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "list", "--state", "APPROVED", "-q") == "1\n2\n3")
        // The last key takes the rest: the name of a step may have commas and equals signs.
        #expect(
            try run("retry", "--where", "state=stuck,step=a, then b=c,state=x").output
                == "No saga has state=stuck,step=a, then b=c,state=x.\n")
        for bad in [
            "stuck", "state=odd", "state=stuck,state=failed", "step=x", "order=1", "", "state=",
            "state=stuck,", "state=stuck,step=", "step=,state=stuck", "state=stuck,step",
        ] {
            let refused = try run("retry", "--where", bad)
            #expect(refused.status == 64)
            #expect(refused.errors.hasPrefix("error[invalid-where]"), "\(refused.errors)")
        }
        #expect(try run("retry").status == 64)
        #expect(try run("retry", "1", "--where", "state=stuck").status == 64)
    }

    @Test func `without the participant's store a saga can be given up, and nothing is sent`()
        throws
    {
        try discardCommands("2")
        let directory = workbench.data
        // The view takes no part in sagas.
        try FileManager.default.removeItem(atPath: directory + "/history.db")
        #expect(try workbench.succeed("saga", "resend", "1", "--dry-run").hasSuffix("changed."))
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: directory + "/customer.db" + suffix)
        }
        let resent = try workbench.run("saga", "resend", "1", "--yes")
        #expect(resent.status == 65)
        #expect(resent.errors.hasPrefix("error[store-damaged]"), "\(resent.errors)")
        let abandoned = try workbench.run("saga", "abandon", "1", "--yes")
        #expect(abandoned.status == 65, "a service was left out")
        #expect(
            abandoned.output
                == "CreateOrderSaga 1: abandoned, FAILED\nSent order:9 SagaUnlockCommand (pending)\n"
        )
        #expect(abandoned.errors.hasPrefix("customer is unavailable: "), "\(abandoned.errors)")
        #expect(try workbench.run("saga", "show", "1").output.hasPrefix("Saga of order 1: failed"))
    }

    @Test func `a choreographed saga has nobody who could be told`() throws {
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        let retried = try workbench.run("saga", "retry", "4")
        #expect(retried.errors.hasPrefix("error[saga-not-failed]"))
        let skipped = try workbench.run("saga", "skip", "4", "--yes")
        #expect(skipped.status == 1)
        #expect(skipped.errors.hasPrefix("error[not-possible]"))
        #expect(
            try workbench.run("saga", "skip", "9", "--yes").errors.hasPrefix("error[order-not-"))
    }

    @Test func `a stranded saga is named by who looks after the relay`() throws {
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE saga_instance SET definition_version = 7 WHERE id = 2")
        let reason =
            "it was started with version 7 of its definition, and this program knows version 1"
        #expect(
            try workbench.succeed("relay", "status").hasSuffix(
                "Stranded: the saga of order 2: \(reason)"))
        #expect(
            try workbench.succeed("relay", "status", "--json").hasSuffix(
                #""stuck":[],"stranded":[{"orderId":2,"reason":"\#(reason)"}],"#
                    + #""waitingFor":[],"failedSagas":[],"unavailable":[]}"#))
        #expect(
            try workbench.run("saga", "list").output.contains(
                "2      orchestration  stranded         2  reserve credit"))
        let refused = try workbench.run("saga", "skip", "2", "--yes")
        #expect(refused.status == 65)
        #expect(refused.errors.contains(reason))
        #expect(
            try workbench.succeed("saga", "abandon", "--help").contains(
                "It is the only way out for a saga that is"))
    }
}
