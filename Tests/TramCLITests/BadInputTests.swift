import Foundation
import TestSupport
import Testing

/// Every refused value gives its code and its exit code, as text and as JSON, and changes nothing.
@Suite struct BadInputTests {
    static let amounts = [
        "abc", "1e3", "NaN", "4.005", "4,50", "-4", "+4", "0x4", "", " 4", "٤", "4.", ".4",
        "1000000000000", "4\n",
    ]

    typealias Case = (arguments: [String], code: String)

    static let cases: [Case] = {
        let createCustomer = ["customer", "create", "--name", "x", "--credit-limit"]
        let createOrder = ["order", "create", "--customer-id", "1", "--order-total"]
        let names = ["", " ", "a\nb", "\u{1B}[31m", String(repeating: "x", count: 201)]
        let ids = ["0", "-1", "x", "", "1.0", "01", "9223372036854775808"]
        let withID = [
            ["customer", "show"], ["order", "show"], ["order", "cancel"], ["history", "show"],
        ]
        var cases: [Case] = []
        for amount in amounts { cases.append((createCustomer + [amount], "invalid-amount")) }
        for amount in amounts + ["0", "0.00"] {
            cases.append((createOrder + [amount], "invalid-amount"))
        }
        for name in names {
            let arguments = ["customer", "create", "--name", name, "--credit-limit", "1"]
            cases.append((arguments, "invalid-name"))
        }
        for id in ids {
            let arguments = ["order", "create", "--customer-id", id, "--order-total", "1"]
            cases.append((arguments, "invalid-id"))
            cases.append((["order", "list", "--customer-id", id], "invalid-id"))
        }
        for id in ["0", "x", ""] {
            for command in withID { cases.append((command + [id], "invalid-id")) }
        }
        return cases + others
    }()

    static let others: [Case] = [
        (["outbox", "show", "order"], "invalid-message-id"),
        (["outbox", "show", "order:0"], "invalid-message-id"),
        (["relay", "run", "--max-messages", "0"], "invalid-count"),
        (["relay", "run", "--max-messages", "-1"], "invalid-count"),
        (["relay", "run", "--lock-timeout", "5"], "invalid-duration"),
        (["order", "wait", "1", "--timeout", "x"], "invalid-duration"),
        (["relay", "run", "--step", "--until-idle"], "usage"),
        (["relay", "run", "--dry-run", "--watch"], "usage"),
        (["relay", "run", "--service", "nobody"], "usage"),
        (["order", "create", "--customer-id", "1"], "usage"),
        (["order", "list", "--state", "LOST"], "usage"),
        (["customer", "list", "--colour", "always"], "usage"),
        (["order", "create", "--customer-id", "1", "--order-total", "1", "more"], "usage"),
        (["custmer"], "unknown-command"),
        (["order", "crate"], "unknown-command"),
    ]

    @Test func `a refused value changes nothing and is explained`() throws {
        let workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        let before = try workbench.bytes()
        for (arguments, code) in Self.cases {
            let text = try workbench.run(arguments)
            #expect(text.status == 64, "\(arguments)")
            #expect(text.output == "", "\(arguments)")
            #expect(text.errors.hasPrefix("error[\(code)]: "), "\(arguments): \(text.errors)")
            #expect(text.errors.contains("\nhelp: "), "\(arguments)")

            let json = try workbench.run(arguments + ["--json"])
            #expect(json.status == 64, "\(arguments)")
            #expect(json.output == "", "\(arguments)")
            #expect(
                json.errors.hasPrefix("{\"error\":{\"code\":\"\(code)\",\"message\":\""),
                "\(arguments): \(json.errors)")
            #expect(json.errors.hasSuffix("\"exitCode\":64}}\n"), "\(arguments)")
            #expect(json.errors.filter { $0 == "\n" }.count == 1, "\(arguments)")
        }
        #expect(try workbench.bytes() == before)
    }

    @Test func `a refused first create makes nothing`() throws {
        let workbench = try Workshop()
        #expect(
            try workbench.run("customer", "create", "--name", "x", "--credit-limit", "-1").status
                == 64)
        #expect(!FileManager.default.fileExists(atPath: workbench.data))
    }

    @Test func `an argument that is not UTF-8 is refused, not repaired`() throws {
        let workbench = try Workshop()
        let command =
            "exec '\(TramProcess.program)' customer create --credit-limit 1 "
            + "--data-dir '\(workbench.data)' --name $'caf\\xe9'"
        let result = try shell(command)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("error[invalid-utf8]"))
        #expect(!FileManager.default.fileExists(atPath: workbench.data))
    }

    @Test func `a mistyped command is told the nearest one`() throws {
        let result = try tram(["histroy", "show", "1"])
        #expect(result.status == 64)
        #expect(result.errors.contains("Did you mean 'tram history'?"))
        #expect(try tram(["xyz"]).errors.contains("choose one of: customer, order"))
    }

    @Test func `what does not exist is told as such`() throws {
        let workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        for (arguments, code) in [
            (["customer", "show", "9"], "customer-not-found"),
            (["order", "show", "9"], "order-not-found"),
            (["order", "cancel", "9"], "order-not-found"),
            (["history", "show", "9"], "customer-not-found"),
            (["history", "show", "1"], "not-in-view-yet"),
            (["outbox", "show", "order:9"], "message-not-found"),
            (["outbox", "show", "nobody:1"], "message-not-found"),
        ] {
            let result = try workbench.run(arguments)
            #expect(result.status == 1, "\(arguments)")
            #expect(result.errors.hasPrefix("error[\(code)]: "), "\(arguments): \(result.errors)")
        }
    }
}
