import Foundation
import TestSupport
import Testing

/// What all commands have in common: options, the environment, colors, help, and readers that are
/// slow or gone.
@Suite struct TerminalTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
    }

    @Test func `global options stand in any position`() throws {
        let data = ["--data-dir", workbench.data]
        let create = ["create", "--name", "x", "--credit-limit", "1"]
        let ways = [
            data + ["--json", "customer"] + create, ["customer"] + data + ["--json"] + create,
            ["customer"] + create + ["--json"] + data,
        ]
        for (index, arguments) in ways.enumerated() {
            let result = try tram(arguments)
            #expect(result.output.hasPrefix("{\"customerId\":\(index + 1),"), "\(result.errors)")
        }
    }

    @Test func `the environment names the data directory, an option overrides it`() throws {
        let other = workbench.directory.file("other")
        let environment = ["TRAM_DATA_DIR": other]
        let create = ["customer", "create", "--name", "x", "--credit-limit", "1", "-q"]
        #expect(try tram(create, environment: environment).status == 0)
        #expect(FileManager.default.fileExists(atPath: other + "/customer.db"))
        let overridden = try tram(
            create + ["--data-dir", workbench.data], environment: environment)
        #expect(overridden.output == "1\n")
    }

    @Test func `colors are for terminals, or when asked for`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        #expect(try !workbench.succeed("store", "check").contains("\u{1B}"))
        #expect(try workbench.succeed("store", "check", "--color", "always").contains("\u{1B}[32m"))
        #expect(
            try workbench.run("order", "show", "9", "--color=always").errors.hasPrefix("\u{1B}[31m")
        )
    }

    @Test func `a name is escaped where it is printed, and exact in the store`() throws {
        let name = "Zoë \u{202E}evil"
        #expect(
            try workbench.succeed("customer", "create", "--name", name, "--credit-limit", "1")
                .contains(#"Zoë \u{202E}evil"#))
        #expect(
            try workbench.succeed("customer", "show", "1", "--json").contains(
                #""name":"Zoë \u202eevil""#))
    }

    @Test func `help has an example for every command`() throws {
        let commands = [
            "customer create", "customer show", "customer list", "order create", "order show",
            "order list", "order cancel", "order wait", "history show", "history list",
            "history rebuild", "relay run", "relay status", "outbox list", "outbox show",
            "outbox purge", "inbox list", "store status", "store check",
            "store purge", "saga list", "saga show", "saga retry", "saga resend", "saga skip",
            "saga rollback", "saga abandon",
        ]
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            let help = try tram(words + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("Example:\n  tram \(command)"), "\(command)")
        }
        #expect(try tram(["--version"]).output == "0.1.0\n")
        let completions = try tram(["--generate-completion-script", "bash"])
        #expect(completions.status == 0)
        #expect(completions.output.contains("tram"))
    }

    @Test func `a reader that goes away ends a command silently`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        let command =
            "'\(TramProcess.program)' customer list --data-dir '\(workbench.data)' | true; "
            + "exit ${PIPESTATUS[0]}"
        let result = try shell(command)
        #expect([0, 141].contains(result.status))
        #expect(result.errors == "")
        let ignoring = try shell("trap '' PIPE; (sleep 0.1; \(command))")
        #expect(ignoring.errors == "")
    }

    @Test func `no lock is kept while a slow reader reads`() throws {
        for _ in 1...3 {
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        }
        // The reader takes nothing until it is told to: what is not yet read fills the pipe.
        let relay = try ChildProcess(
            "bash",
            [
                "-c",
                "'\(TramProcess.program)' relay run --dry-run --data-dir '\(workbench.data)' "
                    + "| { sleep 1; cat; }",
            ])
        #expect(
            try workbench.run(
                "customer", "create", "--name", "y", "--credit-limit", "5", "--lock-timeout",
                "900ms"
            ).status == 0)
        #expect(try relay.wait().status == 0)
    }

    @Test func `a full standard output is an error, and what was done stands`() throws {
        let command =
            "'\(TramProcess.program)' customer create --name x --credit-limit 1 "
            + "--data-dir '\(workbench.data)' >/dev/full"
        let full = try shell(command)
        #expect(full.status == 74)
        #expect(full.errors.hasPrefix("error[io-error]"))
        #expect(try workbench.succeed("customer", "list", "--json").contains(#""customerId":1"#))
    }
}
