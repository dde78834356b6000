import Foundation
import TestSupport
import Testing

/// `tram deadletter`, and what the other commands tell of parked messages.
@Suite struct DeadLetterCommandTests {
    let workbench: Workshop
    private let defect = "the message was changed after it was sent: its digest does not fit"
    private let payload =
        #"{"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"saga":"choreography"}"#

    /// A customer and two orders; the first order's event is spoiled.
    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "Jane Doe", "--credit-limit", "9")
        for total in ["4", "2"] {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", total)
        }
        try spoil(1)
    }

    private func spoil(_ number: Int) throws {
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE message SET payload = '{}' WHERE id = \(number)")
    }

    /// Runs relays until they have nothing more to try, but at most so many.
    private func relay(times: Int) throws -> ChildProcess.Result {
        for _ in 1..<times { try workbench.run("relay", "run", "--until-idle", "-q") }
        return try workbench.run("relay", "run", "--until-idle")
    }

    @Test(arguments: ["retry", "discard"])
    func `a service that was left out is no error that says nothing was changed`(
        decision: String
    ) throws {
        _ = try relay(times: 5)
        try tamper(with: workbench.data + "/customer.db", "PRAGMA user_version = 99000")
        let options = decision == "discard" ? ["--yes"] : []
        let decided = try workbench.run(["deadletter", decision, "--all", "--json"] + options)
        #expect(decided.status == 78)
        #expect(decided.output.contains(#""message":"order:1""#))
        #expect(decided.errors.hasPrefix(#"{"warning":"customer is unavailable: "#))
    }

    @Test func `the fifth attempt parks, all else flows, and every look tells of it`() throws {
        let fourth = try relay(times: 4)
        #expect(fourth.status == 1)
        #expect(fourth.errors.hasPrefix("help: the next relay tries again; see why: tram outbox"))
        #expect(try workbench.succeed("order", "show", "1").contains("(failed(4))"))
        let fifth = try workbench.run("relay", "run")
        #expect(fifth.status == 1)
        #expect(
            fifth.output == """
                Pass 1
                  order:1 OrderCreated  -> customer  parked  \(defect)
                  order:1 OrderCreated  -> history   parked  \(defect)
                1 message, 2 deliveries, 0 duplicates, 0 failed. 0 messages pending, 1 parked.

                """)
        #expect(
            fifth.errors == "help: what is parked waits for a decision: tram deadletter list "
                + "--data-dir \(workbench.data)\n")
        let idle = try workbench.run("relay", "run")
        #expect(idle.status == 0)
        #expect(
            idle.output == "Nothing to deliver. 0 messages pending, 1 parked: "
                + "order:1 at customer, order:1 at history.\n")
        #expect(
            try workbench.succeed("relay", "run", "--json")
                == #"{"pass":1,"messages":0,"deliveries":[],"duplicates":0,"failed":0,"pending":0,"#
                + #""idle":true,"unavailable":[],"parked":1}"#)
        #expect(try workbench.run("relay", "run", "--exit-code").status == 0)
        #expect(try workbench.succeed("order", "show", "2").hasPrefix("Order 2: APPROVED"))

        #expect(
            try workbench.succeed("deadletter", "list") == """
                MESSAGE  SUBSCRIBER  ATTEMPTS  HOLDS  TYPE          ERROR
                order:1  customer           5      0  OrderCreated  \(defect)
                order:1  history            5      0  OrderCreated  \(defect)
                """)
        let element =
            #"{"message":"order:1","type":"OrderCreated","from":"order","to":"customer","#
            + #""attempts":5,"error":"\#(defect)","holds":[],"edited":false"#
        #expect(
            try workbench.succeed("deadletter", "list", "--subscriber", "customer", "--json")
                == "[\(element)}]")
        #expect(
            try workbench.succeed("deadletter", "list", "--by", "error", "--json")
                == #"[{"error":"\#(defect)","letters":2,"messages":["order:1","order:1"]}]"#)
        let shown = try workbench.succeed("deadletter", "show", "order:1", "--json")
        #expect(shown.hasPrefix(element + #","headers":{"DESTINATION":"Order","#))
        #expect(
            shown.contains(#""payload":{},"editedPayload":null,"others":[{"message":"order:1""#))
        #expect(try workbench.succeed("deadletter", "list", "-q") == "order:1\norder:1")

        let status = try workbench.succeed("relay", "status")
        #expect(status.contains("order           0       0       1  -"), "\(status)")
        #expect(
            try workbench.succeed("relay", "status", "--json").hasSuffix(
                #""pending":0,"idle":true,"parked":1,"stuck":[],"stranded":[],"waitingFor":[],"failedSagas":[],"unavailable":[]}"#
            ))
        #expect(try workbench.succeed("outbox", "list").contains("order:1     parked"))
        #expect(
            try workbench.succeed("order", "show", "1").hasSuffix(
                "waiting for   customer to handle order:1 OrderCreated (parked after 5 attempts)"))
        #expect(
            try workbench.succeed("order", "show", "1", "--json").contains(
                #""state":"parked","attempts":5,"behind":null,"edited":false}],"stuck":false}"#))
        let check = try workbench.run("store", "check", "--json")
        #expect(check.output.contains(#""parked":[{"message":"order:1","#))
        #expect(check.output.contains(#""failed":[],"#))
    }

    @Test func `successors of the same aggregate wait behind it, and say so`() throws {
        _ = try relay(times: 5)
        _ = try edit("order:1", payload, "--subscriber", "customer")
        let run = try workbench.succeed("relay", "run", "--until-idle")
        #expect(
            run.contains("order:4 OrderApproved  -> history   held  order:1 is parked"), "\(run)")
        #expect(
            run.hasSuffix(
                "1 message, 0 deliveries, 0 duplicates, 0 failed, 1 held. "
                    + "1 message pending, 1 parked."), "\(run)")
        let idle = try workbench.succeed("relay", "run")
        #expect(idle == "Nothing to deliver. 1 message pending, 1 parked: order:1 at history.")
        #expect(try workbench.run("relay", "run", "--exit-code").status == 2)
        let list = try workbench.succeed("deadletter", "list", "--json")
        #expect(
            list.contains(#""to":"history","attempts":5,"error":"\#(defect)","holds":["order:4"]"#))
        #expect(
            try workbench.succeed("outbox", "show", "order:4").contains(
                "subscriber    history held behind order:1"))
        #expect(try workbench.succeed("outbox", "list").contains("order:4     held"))
        #expect(
            try workbench.succeed("history", "show", "1").hasSuffix(
                "The view is 2 events behind."))
        // The order stays when it goes on.
        _ = try edit("order:1", payload)
        let last = try workbench.succeed("relay", "run")
        #expect(
            last.contains("order 1 PENDING added to the view")
                && last.contains("order 1 APPROVED in the view"), "\(last)")
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `an order says that it waits behind another one's message`() throws {
        // Both orders' credit is reserved, and the customer's first event about it is spoiled.
        _ = try edit("order:1", payload)
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE message SET payload = '\(payload)' WHERE id = 1")
        try workbench.succeed("relay", "run")
        try tamper(
            with: workbench.data + "/customer.db",
            "UPDATE message SET payload = 'x' WHERE id = 2")
        let held =
            "\"message\":\"customer:3\",\"type\":\"CustomerCreditReserved\","
            + "\"subscriber\":\"order\",\"state\":\"held\",\"attempts\":0,\"behind\":\"customer:2\""
        for word in ["failed(1)", "parked after 2 attempts"] {
            _ = try workbench.run("relay", "run", "--max-attempts", "2")
            #expect(
                try workbench.succeed("order", "show", "1").hasSuffix(
                    "order to handle customer:2 CustomerCreditReserved (\(word))"))
            #expect(
                try workbench.succeed("order", "show", "2").hasSuffix(
                    "order to handle customer:3 CustomerCreditReserved (held behind customer:2)"))
            #expect(try workbench.succeed("order", "show", "2", "--json").contains(held))
            #expect(try workbench.succeed("order", "list", "--json").contains(held))
            #expect(try workbench.succeed("saga", "show", "2", "--json").contains(held))
        }
        // Discarded, it decides nothing about the first order, and lets the second one go on.
        try workbench.succeed("deadletter", "discard", "--all", "--yes")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "2").hasPrefix("Order 2: APPROVED"))
        #expect(try workbench.succeed("order", "show", "1", "--json").hasSuffix("\"stuck\":true}"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `an edited payload is delivered, told of everywhere, and leaves no violation`()
        throws
    {
        _ = try relay(times: 5)
        let edited = try edit("order:1", payload, "--subscriber", "customer")
        #expect(edited.status == 0)
        #expect(
            edited.output == "Edited and pending again: order:1 OrderCreated -> customer\n")
        let run = try workbench.run("relay", "run")
        #expect(run.output.contains("-> customer  ok  reserved 4.00 of 9.00 for order 1"))
        #expect(run.output.contains("its payload was edited"))
        #expect(try edit("order:1", payload).status == 0, "only one is left")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        #expect(
            try workbench.succeed("outbox", "list").contains(
                "OrderCreated (edited for customer, history)"))
        let shown = try workbench.succeed("outbox", "show", "order:1")
        #expect(shown.contains("payload       {}"))
        #expect(shown.contains("edited for    customer: \(payload)"))
        #expect(
            try workbench.succeed("outbox", "show", "order:1", "--json").contains(
                #"{"subscriber":"history","state":"delivered","error":null,"edited":true,"editedPayload":\#(payload)}"#
            ))
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost) order:1: \(defect)"))
        // A view that is made anew hears what the old one heard.
        try workbench.succeed("history", "rebuild")
        #expect(try workbench.succeed("history", "show", "1").contains("1      APPROVED   4.00"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `what follows from a discarded delivery is told, and breaks no rule`() throws {
        _ = try relay(times: 5)
        let refused = try workbench.run("deadletter", "discard", "order:1")
        #expect(refused.status == 64)
        #expect(refused.errors.hasPrefix("error[confirmation-needed]"))
        #expect(
            try workbench.succeed("deadletter", "discard", "order:1", "--yes", "--json")
                == #"{"discarded":[{"message":"order:1","type":"OrderCreated","from":"order","to":"customer"},"#
                + #"{"message":"order:1","type":"OrderCreated","from":"order","to":"history"}]}"#)
        try workbench.succeed("relay", "run", "--until-idle")
        let after = try workbench.run("history", "show", "1", "--after", "order:1")
        #expect(after.status == 1)
        #expect(after.errors.hasPrefix("error[not-possible]: the delivery of order:1 OrderCreated"))
        let order = try workbench.succeed("order", "show", "1")
        #expect(order.hasSuffix("  stuck: nothing is on its way; see tram saga resend"))
        let machine = try workbench.succeed("order", "show", "1", "--json")
        #expect(machine.hasSuffix(#""waitingFor":[],"stuck":true}"#))
        func expectSound() throws {
            let check = try workbench.run("store", "check")
            #expect(check.status == 0, "\(check.output)")
            for line in [
                "(lost) order:1 is published, and customer has not handled it",
                "(lost) order 1 is PENDING, and nothing is on its way",
                "(lost) order 1 differs in the view",
            ] { #expect(check.output.contains(line), "\(line) in \(check.output)") }
        }
        try expectSound()
        #expect(
            try workbench.succeed("outbox", "show", "order:1").contains(
                "subscriber    customer discarded"))
        // It does not come back.
        try workbench.succeed("relay", "redeliver", "--to", "history")
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("history", "rebuild")
        try expectSound()
        #expect(try workbench.succeed("history", "show", "1").hasSuffix("The view is up to date."))
    }

    @Test func `a retried message is tried again, and its attempts count from the beginning`()
        throws
    {
        _ = try relay(times: 5)
        #expect(
            try workbench.succeed("deadletter", "retry", "--all", "--subscriber", "history")
                == "Pending again: order:1 OrderCreated -> history")
        #expect(try workbench.run("relay", "run").output.contains("-> history   failed"))
        #expect(
            try workbench.succeed("outbox", "show", "order:1").contains(
                "subscriber    history failed(1)"))
        #expect(try workbench.succeed("deadletter", "retry", "order:1", "-q") == "order:1")
        #expect(try workbench.succeed("deadletter", "list") == "No dead letters.")
        #expect(try workbench.succeed("deadletter", "retry", "--all") == "Nothing was changed.")
    }

    @Test func `the number of attempts can be chosen, and none is no bound`() throws {
        let first = try workbench.run("relay", "run", "--max-attempts", "1")
        #expect(first.output.contains("-> customer  parked"))
        try workbench.succeed("deadletter", "retry", "--all")
        for _ in 1...7 { try workbench.run("relay", "run", "--max-attempts", "0") }
        #expect(try workbench.succeed("outbox", "list").contains("failed(7)"))
        for value in ["-1", "x", "", "1.5"] {
            let refused = try workbench.run("relay", "run", "--max-attempts", value)
            #expect(refused.status == 64)
            #expect(refused.errors.hasPrefix("error[invalid-count]"), "\(refused.errors)")
        }
    }

    @Test func `what is asked for wrongly is refused, and nothing is changed`() throws {
        _ = try relay(times: 5)
        let before = try workbench.bytes()
        let cases: [(arguments: [String], status: Int32, code: String)] = [
            (["retry"], 64, "usage"),
            (["retry", "order:1", "--all"], 64, "usage"),
            (["retry", "order"], 64, "invalid-message-id"),
            (["retry", "order:2"], 1, "not-parked"),
            (["retry", "order:99"], 1, "not-parked"),
            (["retry", "nobody:1"], 1, "not-parked"),
            (["retry", "order:1", "--subscriber", "nobody"], 1, "subscriber-not-found"),
            (["retry", "order:1", "--subscriber", "order"], 1, "not-parked"),
            (["show", "order:2"], 1, "not-parked"),
            (["list", "--subscriber", "nobody"], 1, "subscriber-not-found"),
            (["list", "--by", "type"], 64, "usage"),
            (["discard", "order:1"], 64, "confirmation-needed"),
            (["discard", "order:2", "--yes"], 1, "not-parked"),
        ]
        for (arguments, status, code) in cases {
            let result = try workbench.run(["deadletter"] + arguments)
            #expect(result.status == status, "\(arguments)")
            #expect(result.errors.hasPrefix("error[\(code)]"), "\(arguments): \(result.errors)")
            #expect(result.output == "")
        }
        for (text, options, code) in [
            ("{", ["--subscriber", "history"], "invalid-json"),
            ("", ["--subscriber", "history"], "invalid-json"),
            ("{} {}", ["--subscriber", "history"], "invalid-json"),
            ("\u{FEFF}{}", ["--subscriber", "history"], "invalid-json"),
            ("{}", [], "usage"),
            (
                "\"\(String(repeating: "x", count: 1 << 20))\"", ["--subscriber", "history"],
                "invalid-json"
            ),
        ] {
            let result = try edit("order:1", text, options)
            #expect(result.status == 64)
            #expect(result.errors.hasPrefix("error[\(code)]"), "\(result.errors)")
        }
        #expect(try workbench.bytes() == before)
        let none = try tram(["deadletter", "list", "--data-dir", workbench.directory.file("none")])
        #expect(none.status == 66)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func `an editor is what a person at a terminal gets`() throws {
        _ = try relay(times: 5)
        // `script` gives the command a terminal.
        let file = workbench.directory.file("payload")
        try payload.write(toFile: file, atomically: true, encoding: .utf8)
        let editor = "cp \(file)"
        let command =
            "\(TramProcess.program) deadletter edit order:1 --subscriber history "
            + "--data-dir \(workbench.data)"
        let result = try shell(
            "script -qec '\(command)' /dev/null", environment: ["EDITOR": editor])
        #expect(result.output.contains("Edited and pending again: order:1"), "\(result.output)")
        // One that changes nothing decides nothing.
        let unchanged = try shell(
            "script -qec '\(command.replacingOccurrences(of: "history", with: "customer"))' "
                + "/dev/null", environment: ["VISUAL": "true"])
        #expect(unchanged.output.contains("Nothing was changed."), "\(unchanged.output)")
        let failed = try shell(
            "script -qec '\(command.replacingOccurrences(of: "history", with: "customer"))' "
                + "/dev/null", environment: ["VISUAL": "false", "NO_COLOR": "1"])
        #expect(failed.output.contains("error[editor-failed]"), "\(failed.output)")
    }

    @Test func `a store that is locked is told as busy, whatever is asked of dead letters`() throws
    {
        _ = try relay(times: 5)
        let holder = try ForeignWriter(workbench.data + "/order.db")
        for arguments in [
            ["retry", "order:1"], ["retry", "--all"], ["discard", "order:1", "--yes"],
        ] {
            let result = try workbench.run(["deadletter"] + arguments + ["--lock-timeout", "50ms"])
            #expect(result.status == 75, "\(arguments): \(result.errors)")
        }
        let edited = try edit(
            "order:1", payload, "--subscriber", "history", "--lock-timeout", "50ms")
        #expect(edited.status == 75)
        #expect(edited.errors.hasPrefix("error[store-busy]"), "\(edited.errors)")
        withExtendedLifetime(holder) {}
        let closed = try shell(
            "\(TramProcess.program) deadletter edit order:1 --subscriber history "
                + "--data-dir \(workbench.data) <&-")
        #expect(closed.status == 74)
        #expect(closed.errors.contains("the payload cannot be read"), "\(closed.errors)")
    }

    @Test func `what follows from an edited payload that tells otherwise breaks no rule`() throws {
        _ = try relay(times: 5)
        for (subscriber, amount) in [("customer", "2"), ("history", "3")] {
            let other = payload.replacingOccurrences(of: "4", with: amount)
            #expect(try edit("order:1", other, "--subscriber", subscriber).status == 0)
        }
        try workbench.succeed("relay", "run", "--until-idle")
        for _ in 1...2 {
            let check = try workbench.run("store", "check")
            #expect(check.status == 0, "\(check.output)")
            #expect(
                check.output.contains(
                    "(lost) the reservation for order 1: another customer or amount than the order's"
                ))
            #expect(check.output.contains("(lost) order 1 differs in the view"))
            // It is still known when the message is gone.
            try workbench.succeed("store", "purge")
        }
    }

    private func edit(
        _ message: String, _ payload: String, _ options: String...
    ) throws -> ChildProcess.Result {
        try edit(message, payload, options)
    }

    private func edit(
        _ message: String, _ payload: String, _ options: [String]
    ) throws -> ChildProcess.Result {
        let file = workbench.directory.file("payload")
        try payload.write(toFile: file, atomically: true, encoding: .utf8)
        return try shell(
            ([TramProcess.program, "deadletter", "edit", message] + options
                + ["--data-dir", workbench.data, "<", file]).joined(separator: " "))
    }
}
