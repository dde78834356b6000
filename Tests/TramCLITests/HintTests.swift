import TestSupport
import Testing

/// What is proposed can be typed as it stands.
@Suite struct HintTests {
    @Test func `the help of an error names the data directory that was given`() throws {
        let workbench = try Workshop()
        let missing = try workbench.run("order", "show", "1")
        #expect(
            missing.errors.hasSuffix(
                "--name \"Jane Doe\" --credit-limit 5 --data-dir \(workbench.data)\n"),
            "\(missing.errors)")
        let environment = ["TRAM_DATA_DIR": workbench.data]
        let other = try tram(["order", "show", "1"], environment: environment)
        #expect(!other.errors.contains("--data-dir"), "whoever set the variable has it still")
    }

    /// Runs tram on a terminal.
    private func onTerminal(_ workbench: Workshop, _ arguments: String) throws -> String {
        try shell(
            "script -qec \"'\(TramProcess.program)' \(arguments) --data-dir '\(workbench.data)'\" "
                + "/dev/null"
        ).output
    }

    @Test func `hints name the data directory, and tell of the real state`() throws {
        let workbench = try Workshop()
        let created = try onTerminal(workbench, "customer create --name x --credit-limit 5")
        #expect(
            created.contains(
                "hint: 'tram relay run --data-dir \(workbench.data)' delivers the message"),
            "\(created)")
        // Both messages would be handled, and two others sent.
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        let rehearsed = try onTerminal(workbench, "relay run --dry-run")
        #expect(rehearsed.contains("0 failed. 1 message pending."), "\(rehearsed)")
        #expect(rehearsed.contains("hint: 2 messages pending; "), "\(rehearsed)")
    }

    @Test func `a purge names the command that frees what a former subscriber has missed`() throws {
        let workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try tamper(
            with: workbench.data + "/history.db",
            "INSERT INTO subscription VALUES ('the audit', 'customer', 'beginning', 0, 0, NULL)")
        try workbench.succeed("relay", "run", "--until-idle", "--quiet")
        for command in ["store purge", "store purge --dry-run", "outbox purge"] {
            let purged = try onTerminal(workbench, command)
            #expect(purged.contains("hint: 'tram subscriber remove "), "\(purged)")
            #expect(purged.contains("frees what is kept for it"), "\(purged)")
        }
    }
}
