import TestSupport
import Testing

/// `order wait` says why it has ended.
@Suite struct OrderWaitTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "9")
    }

    private func expect(
        _ end: String, _ json: String, _ status: Int32, _ arguments: String...
    ) throws {
        let text = try workbench.run(["order", "wait", "1", "--timeout", "1ms"] + arguments)
        #expect(text.status == status)
        #expect(text.lines.first?.hasPrefix("Order 1: ") == true)
        #expect(text.lines.last == end)
        let document = try workbench.run(
            ["order", "wait", "1", "--timeout", "1ms", "--json"] + arguments)
        #expect(document.status == status)
        #expect(document.output.hasSuffix(#","ended":"\#(json)"}"# + "\n"), "\(document.output)")
    }

    @Test func `the reason is the last line, and the last key`() throws {
        try expect("The time is over, and the order is still PENDING.", "timed-out", 2)
        try expect("The order is PENDING.", "decided", 0, "--for", "PENDING")
        try workbench.succeed("relay", "run", "--until-idle")
        try expect("The order is decided.", "decided", 0)
        try expect("The order is decided.", "decided", 0, "--for", "REJECTED")
        try expect(
            "The order can no longer become APPROVED.", "decided-otherwise", 1, "--for", "APPROVED")
    }
}
