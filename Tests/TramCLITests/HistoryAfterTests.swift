import TestSupport
import Testing

/// `history show --after` shows what its caller has written.
@Suite struct HistoryAfterTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
    }

    private func show(_ customer: String, _ arguments: String...) throws -> ChildProcess.Result {
        try workbench.run(["history", "show", customer] + arguments)
    }

    @Test func `what was handled is shown at once, as without waiting`() throws {
        try workbench.succeed("relay", "run")
        let text = try show("1", "--after", "order:1")
        #expect(text.status == 0)
        #expect(text.output == (try show("1")).output)
        let json = try show("1", "--after", "order:1", "--json")
        #expect(json.status == 0)
        let plain = try show("1", "--json").output.dropLast(2)
        #expect(json.output == plain + #","after":{"message":"order:1","handled":true}}"# + "\n")
    }

    @Test func `when the time is over, what the view says then is shown`() throws {
        try workbench.succeed("relay", "run")
        try workbench.succeed("relay", "run", "--service", "customer")
        let text = try show("1", "--after", "order:2", "--timeout", "1ms")
        #expect(text.status == 2)
        #expect(
            text.output == """
                Customer 1: x, credit limit 5.00
                ORDER  STATE    TOTAL
                1      PENDING   4.00
                The view is 1 event behind.
                The time is over, and the view has not handled order:2.

                """)
        #expect(text.errors == "", "hints are for terminals")
        let json = try show("1", "--after", "order:2", "--timeout", "1ms", "--json")
        #expect(json.status == 2)
        #expect(
            json.output.hasSuffix(
                #""behind":1,"after":{"message":"order:2","handled":false}}"# + "\n"),
            "\(json.output)")
    }

    @Test func `it waits for a relay elsewhere`() throws {
        let shown = try workbench.start("history", "show", "1", "--after", "order:2", "--json")
        // The message that is awaited must be there first.
        #expect(try shown.wait().status == 1)
        try workbench.succeed("relay", "run")
        try workbench.succeed("relay", "run", "--service", "customer")
        let waiting = try workbench.start("history", "show", "1", "--after", "order:2", "--json")
        try workbench.succeed("relay", "run")
        let result = try waiting.wait()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains(#""1":{"state":"APPROVED""#))
        #expect(result.output.hasSuffix(#""handled":true}}"# + "\n"))
    }

    @Test func `beside a relay, every write can be read`() throws {
        let relay = try workbench.start("relay", "run", "--watch", "--quiet")
        for number in 2...6 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "9")
            let message = try workbench.succeed("outbox", "list", "-q").split(separator: "\n")
                .last { $0.hasPrefix("order:") }
            let result = try show("1", "--after", String(try #require(message)))
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.lines.contains { $0.hasPrefix("\(number) ") }, "\(result.output)")
        }
        relay.send(15)
        _ = try relay.wait()
    }

    @Test func `a customer who is not in the view is still not there`() throws {
        let result = try show("1", "--after", "customer:1", "--timeout", "1ms")
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix("error[not-in-view-yet]: "))
        #expect(result.output == "")
    }

    @Test(arguments: ["order:99", "nobody:1", "history:1"])
    func `a message that was never sent is not waited for`(message: String) throws {
        let result = try show("1", "--after", message, "--timeout", "1h")
        #expect(result.status == 1)
        #expect(
            result.errors.hasPrefix("error[message-not-found]: message \(message) does not exist"))
    }

    @Test func `a message that the view does not receive is not waited for`() throws {
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "1", "--saga",
            "orchestration")
        let result = try show("1", "--after", "order:3", "--timeout", "1h")
        #expect(result.status == 1)
        #expect(
            result.errors.hasPrefix(
                "error[not-possible]: the order history does not receive order:3 ReserveCredit\n"),
            "\(result.errors)")
    }

    @Test func `a message that was handled and purged counts as handled`() throws {
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("outbox", "purge")
        #expect(try show("1", "--after", "order:1").status == 0)
        // This one was handled by others, and it is not known any more what it was.
        let other = try show("1", "--after", "customer:2")
        #expect(other.status == 1)
        #expect(other.errors.hasPrefix("error[message-not-found]: "))
    }

    @Test func `what is no message, no duration or nothing to wait for is refused`() throws {
        for (arguments, code) in [
            (["--after", "order"], "invalid-message-id"), (["--after", ""], "invalid-message-id"),
            (["--after", "order:01"], "invalid-message-id"),
            (["--after", "order:1", "--timeout", "soon"], "invalid-duration"),
            (["--timeout", "1s"], "usage"),
        ] {
            let result = try workbench.run(["history", "show", "1"] + arguments)
            #expect(result.status == 64, "\(arguments)")
            #expect(result.errors.hasPrefix("error[\(code)]: "), "\(result.errors)")
        }
    }

    @Test func `while the sender's store is away, only what was handled is known`() throws {
        try workbench.succeed("relay", "run")
        try workbench.succeed("relay", "run", "--service", "customer")
        for suffix in ["", "-wal", "-shm"] {
            _ = try shell("rm -f '\(workbench.data)/order.db\(suffix)'")
        }
        let handled = try show("1", "--after", "order:1")
        #expect(handled.status == 65)
        #expect(handled.output.contains("PENDING"))
        #expect(handled.errors.hasPrefix("order is unavailable: "))
        let unknown = try show("1", "--after", "order:2")
        #expect(unknown.status == 65)
        #expect(unknown.errors.hasPrefix("error[store-damaged]: the store file"))
    }
}
