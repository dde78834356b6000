import TestSupport
import Testing

/// `--quiet`: only the essential.
@Suite struct QuietTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
    }

    private static let lists: [(command: [String], ids: String)] = [
        (["customer", "list"], "1\n2\n"),
        (["order", "list"], "1\n"),
        (["order", "list", "--state", "REJECTED"], ""),
        (["history", "list"], "1\n2\n"),
        (["saga", "list"], "1\n"),
        (["outbox", "list", "--pending"], "customer:3\n"),
        (["outbox", "list"], "customer:1\ncustomer:2\ncustomer:3\norder:1\n"),
        (["inbox", "list"], "order:1\ncustomer:1\ncustomer:2\norder:1\n"),
        (["store", "status"], "customer\norder\nhistory\n"),
        (["store", "check"], ""),
    ]

    @Test func `every list is one id a line, and an empty one is nothing`() throws {
        for name in ["x", "y"] {
            try workbench.succeed("customer", "create", "--name", name, "--credit-limit", "5")
        }
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        try workbench.succeed("relay", "run")
        for (command, ids) in Self.lists {
            let quiet = try workbench.run(command + ["-q"])
            #expect(quiet.status == 0)
            #expect(quiet.output == ids, "\(command)")
            #expect(quiet.errors == "")
            #expect(
                try workbench.run(command + ["-q", "--json"]).output
                    == workbench.run(command + ["--json"]).output, "JSON wins")
        }
    }

    @Test func `a check tells by its exit code alone`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try tamper(
            with: workbench.data + "/order.db",
            "INSERT INTO delivery_failure VALUES (99, 'customer', 1, 'x')")
        let check = try workbench.run("store", "check", "--quiet")
        #expect(check.status == 1)
        #expect(check.output == "")
        #expect(check.errors == "")
    }
}
