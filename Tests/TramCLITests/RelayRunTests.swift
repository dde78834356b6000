import Foundation
import TestSupport
import Testing

/// `tram relay run`: its bounds, and what ends or stops it.
@Suite struct RelayRunTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
    }

    @Test func `a rehearsal prints what would happen and leaves every byte`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        let before = try workbench.bytes()
        let rehearsed = try workbench.succeed("relay", "run", "--dry-run", "--json")
        #expect(try workbench.bytes() == before)
        #expect(try workbench.succeed("relay", "run", "--json") == rehearsed)
        #expect(try workbench.run("relay", "run", "--dry-run", "--until-idle").status == 64)
    }

    @Test func `bounds and sources of a pass`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "9")
        for _ in 1...3 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        }
        let orders = try workbench.run(
            "relay", "run", "--service", "order", "--max-messages", "2", "--json", "--exit-code")
        #expect(orders.status == 2)
        #expect(
            orders.output.hasPrefix(#"{"pass":1,"messages":2,"deliveries":[{"message":"order:1""#))
        #expect(orders.output.contains(#""pending":4,"idle":false,"unavailable":[],"parked":0}"#))
        let status = try workbench.succeed("relay", "status", "--json")
        #expect(
            status.contains(
                #"{"service":"order","pending":1,"failed":0,"next":{"message":"order:3","type":"OrderCreated"},"parked":0}"#
            ))
    }

    @Test func `a failing handler is reported, holds back its aggregate, and heals`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "9")
        for _ in 1...2 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        }
        let path = workbench.data + "/order.db"
        try tamper(
            with: path,
            "CREATE TABLE saved AS SELECT payload FROM message WHERE id = 1; "
                + "UPDATE message SET payload = '{}' WHERE id = 1")
        let failed = try workbench.run("relay", "run", "--until-idle")
        #expect(failed.status == 1)
        #expect(
            failed.errors == "help: the next relay tries again; see why: "
                + "tram outbox show order:1 --data-dir \(workbench.data)\n")
        #expect(
            failed.output.contains(
                "-> customer  failed  the message was changed after it was sent: its digest does not fit"
            ))
        #expect(try workbench.run("order", "wait", "2", "--for", "APPROVED").status == 0)
        #expect(try workbench.succeed("order", "show", "1").contains("(failed(1))"))
        #expect(try workbench.succeed("outbox", "list", "--pending").contains("failed(1)"))
        #expect(try workbench.run("relay", "run").status == 1, "it is tried once per run")

        try tamper(
            with: path,
            "UPDATE message SET payload = (SELECT payload FROM saved) WHERE id = 1; "
                + "DROP TABLE saved")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.run("order", "wait", "1", "--for", "APPROVED").status == 0)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a second relay waits for the first, then says so`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        let first = try workbench.start("relay", "run", "--watch")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        #expect(try workbench.run("order", "wait", "1", "--for", "APPROVED").status == 0)
        for command in [
            ["relay", "run"], ["outbox", "purge"], ["store", "purge"],
            ["store", "purge", "--dry-run"], ["history", "rebuild"],
        ] {
            let busy = try workbench.run(command + ["--lock-timeout", "50ms"])
            #expect(busy.status == 75, "\(command)")
            #expect(busy.errors.hasPrefix("error[relay-busy]"))
        }
        #expect(try workbench.run("store", "check").status == 0, "looking is always allowed")
        first.send(SIGTERM)
        #expect(try first.wait().status == 143)
        #expect(try workbench.run("relay", "run").status == 0)
    }

    @Test func `an interrupted relay says so with its exit code`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        let relay = try workbench.start("relay", "run", "--watch", "--json")
        for _ in 1...1000 where try workbench.run("relay", "status", "--exit-code").status == 2 {}
        relay.send(SIGINT)
        let result = try relay.wait()
        #expect(result.status == 130)
        #expect(result.lines.count == 1)
    }
}
