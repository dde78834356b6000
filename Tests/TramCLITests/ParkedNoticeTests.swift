import Foundation
import TestSupport
import Testing

/// `tram relay run --on-parked`: somebody is told.
@Suite struct ParkedNoticeTests {
    let workbench: Workshop

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

    @Test func `a command is run for each newly parked message, once when it ends well`() throws {
        let told = workbench.directory.file("told")
        func lines() -> Int {
            ((try? String(contentsOfFile: told, encoding: .utf8)) ?? "")
                .split(separator: "\n").count
        }
        func relay(_ command: String) throws -> ChildProcess.Result {
            try workbench.run("relay", "run", "--max-attempts", "1", "--on-parked", command)
        }
        // It sees the message as it is told to a person, and its output is not the relay's.
        let failed = try relay("cat >> \(told); echo to the log; exit 3")
        #expect(failed.status == 1)
        #expect(failed.output.hasPrefix("Pass 1\n") && !failed.output.contains("to the log"))
        #expect(failed.errors.contains("to the log"))
        #expect(
            failed.errors.contains(
                "warning: the command for parked messages ended with status 3, for order:1 at history"
            ))
        #expect(lines() == 2)
        let shown = try workbench.succeed(
            "deadletter", "show", "order:1", "--subscriber", "customer", "--json")
        let first = try String(contentsOfFile: told, encoding: .utf8)
        #expect(first.hasPrefix(shown.replacingOccurrences(of: ",\"others\":[]", with: "") + "\n"))
        // What could not be told is told by the next relay, and then no more.
        let again = try relay("cat >> \(told)")
        #expect(again.status == 0)
        #expect(again.errors == "")
        #expect(lines() == 4)
        _ = try relay("cat >> \(told)")
        #expect(lines() == 4)
        // A rehearsal parks nothing and tells nobody.
        try spoil(2)
        try tamper(
            with: workbench.data + "/order.db", "UPDATE message SET published = 0 WHERE id = 2")
        try workbench.run(
            "relay", "run", "--dry-run", "--max-attempts", "1", "--on-parked", "cat >> \(told)")
        #expect(lines() == 4)
    }

    @Test func `a command that retries what is parked does not keep its relay busy`() throws {
        let program = "\(TramProcess.program) deadletter retry --all --data-dir \(workbench.data)"
        let result = try workbench.run(
            "relay", "run", "--until-idle", "--max-attempts", "1", "--on-parked", program)
        #expect(result.status == 1, "\(result.errors)")
        #expect(try workbench.succeed("outbox", "list").contains("order:1     pending"))
        // Nor does it wait for its relay's lock.
        try workbench.run("relay", "run", "--max-attempts", "1")
        let relay =
            "\(TramProcess.program) relay run --data-dir \(workbench.data) --lock-timeout 1s"
        try workbench.succeed("deadletter", "retry", "--all")
        let inner = try workbench.run(
            "relay", "run", "--max-attempts", "1", "--on-parked", relay + "; true")
        #expect(!inner.errors.contains("relay-busy"), "\(inner.errors)")
    }
}
