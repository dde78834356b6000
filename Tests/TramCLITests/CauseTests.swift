import Foundation
import TestSupport
import Testing

/// What `outbox` tells of the causes of messages.
@Suite struct CauseTests {
    private let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
    }

    private struct Listed: Decodable {
        let message: String
        let causationId: String?
        let correlationId: String
    }

    /// `ID CAUSE FIRST` of every message.
    private func causes() throws -> [String] {
        let list = try workbench.succeed("outbox", "list", "--json")
        return try JSONDecoder().decode([Listed].self, from: Data(list.utf8)).map {
            "\($0.message) \($0.causationId ?? "null") \($0.correlationId)"
        }
    }

    @Test func `the choreographed saga's messages form a chain`() throws {
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("order", "cancel", "1")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(
            try causes() == [
                "customer:1 null customer:1", "customer:2 order:1 order:1",
                "order:1 null order:1", "order:2 customer:2 order:1", "order:3 null order:3",
            ])
    }

    @Test func `the orchestrated saga's messages form a chain`() throws {
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
            "orchestration")
        try workbench.succeed("relay", "run", "--until-idle")
        let causes = try causes()
        // The event and the first command are sent in one transaction.
        #expect(causes.contains("order:1 null order:1"), "\(causes)")
        #expect(causes.contains("order:2 null order:1"), "\(causes)")
        #expect(causes.contains("customer:2 order:2 order:1"), "\(causes)")
        #expect(causes.contains("order:3 customer:2 order:1"), "\(causes)")
        #expect(causes.allSatisfy { $0.hasPrefix("customer:1 ") || $0.hasSuffix(" order:1") })
    }

    @Test func `a message's own page tells its cause as a header and as a key`() throws {
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        try workbench.succeed("relay", "run", "--until-idle")
        let text = try workbench.succeed("outbox", "show", "order:2")
        #expect(text.contains("  header        causation-id: customer:2\n"))
        #expect(text.contains("  header        correlation-id: order:1\n"))
        let json = try workbench.succeed("outbox", "show", "order:2", "--json")
        #expect(
            json.hasSuffix(#","causationId":"customer:2","correlationId":"order:1"}"#), "\(json)")
    }
}
