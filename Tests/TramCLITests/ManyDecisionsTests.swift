import Foundation
import TestSupport
import Testing

/// `tram saga … --where`: what is done for each saga is told, also when an error stops the rest.
@Suite struct ManyDecisionsTests {
    private let resend = ["saga", "resend", "--where", "state=stuck"]

    @Test func `a rehearsal foresees the ids that the messages will have`() throws {
        let workbench = try stuckWorkbench(orders: 3)
        func published(_ more: String...) throws -> [String] {
            try workbench.run(resend + more + ["--json"]).output
                .components(separatedBy: #""published":["#).dropFirst()
                .map { String($0.prefix { $0 != "]" }) }
        }
        let foreseen = try published("--dry-run")
        #expect(foreseen == [#""order:7""#, #""order:8""#, #""order:9""#])
        #expect(try published("--yes") == foreseen)
    }

    @Test func `what was sent is told as for a single saga`() throws {
        let workbench = try stuckWorkbench(orders: 2)
        #expect(
            try workbench.run(resend + ["--yes"]).output == """
                CreateOrderSaga 1: reserve credit requested
                Sent order:5 ReserveCredit (pending)
                CreateOrderSaga 2: reserve credit requested
                Sent order:6 ReserveCredit (pending)
                2 sagas resent, 0 refused.

                """)
    }

    @Test func `a step that is not known is told from one at which no saga stands`() throws {
        let workbench = try stuckWorkbench(orders: 1)
        let unknown = try workbench.run(
            "saga", "resend", "--where", "state=stuck,step=nope", "--yes")
        #expect(unknown.status == 0)
        #expect(unknown.output == "No saga has state=stuck,step=nope.\n")
        #expect(
            unknown.errors
                == "help: this program knows no step 'nope', but: create order, reserve credit, "
                + "approve order\n")
        let elsewhere = try workbench.run(
            "saga", "resend", "--where", "state=stuck,step=approve order", "--yes")
        #expect(elsewhere.errors == "")
    }

    @Test(arguments: ["", " --json", " --quiet"])
    func `what was confirmed is done also when nobody reads of it`(form: String) throws {
        let workbench = try stuckWorkbench(orders: 4)
        let command =
            ([TramProcess.program] + resend + ["--yes", "--data-dir", workbench.data])
            .joined(separator: " ")
        let result = try shell("{ sleep 0.2; \(command)\(form); echo $? >&2; } | :")
        #expect(result.errors == "141\n")
        #expect(try workbench.succeed("relay", "status", "--json").contains(#""stuck":[]"#))
    }

    #if canImport(Glibc)
        @Test func `those that were done before an error are told`() throws {
            let stuck = try stuckWorkbench(orders: 4)
            // What is left in the log would be moved by the first command.
            try stuck.succeed("store", "backup", stuck.directory.file("kept"))
            var partial = 0
            for number in 1...40 where partial < 3 {
                for isJSON in [false, true] {
                    let workbench = try Workshop()
                    try workbench.succeed("store", "restore", stuck.directory.file("kept"), "--yes")
                    let result = try workbench.run(
                        resend + ["--yes"] + (isJSON ? ["--json"] : []),
                        with: Fault("write", "order.db-wal", ENOSPC, number: number))
                    guard result.status == 73 else { continue }
                    #expect(result.errors.contains("disk-full"))
                    let sent = try workbench.succeed("outbox", "list", "--pending", "-q")
                        .split(separator: "\n").count
                    let isAllOrNone = sent == 0
                    if !isAllOrNone { partial += 1 }
                    #expect(
                        result.errors.contains(
                            isAllOrNone
                                ? "Nothing was changed."
                                : "The transaction in hand was undone; what was committed before stands."
                        ), "\(sent): \(result.errors)")
                    if isJSON {
                        let document = try JSONSerialization.jsonObject(
                            with: Data(result.output.utf8.isEmpty ? "[]".utf8 : result.output.utf8))
                        #expect((document as? [Any])?.count == sent, "\(result.output)")
                    } else {
                        let told = result.lines.filter { $0.hasPrefix("CreateOrderSaga ") }.count
                        #expect(told == sent, "\(number): \(result.output)")
                    }
                }
            }
            #expect(partial > 0, "some were done before the disk was full")
        }

        @Test func `a single decision on a full disk does not speak of earlier ones`() throws {
            let workbench = try stuckWorkbench(orders: 1)
            let result = try workbench.run(
                ["saga", "skip", "1", "--yes"], with: Fault("write", "order.db-wal", ENOSPC))
            #expect(result.status == 73)
            #expect(result.errors.contains("\nNothing was changed.\n"), "\(result.errors)")
        }
    #endif
}
