import TestSupport
import Testing

/// The sagas that `tram relay status` names because they need help.
@Suite struct RelayStatusTests {
    private let workbench: Workshop

    /// Two orchestrated orders. The first one's saga has failed: its first step was not undone.
    init() throws {
        workbench = try orchestratedWorkbench(orders: 2)
        try workbench.succeed("relay", "run", "--until-idle")
        try change(
            """
            UPDATE saga_instance SET failed = 1, end_state = 1, last_request_id = NULL,
                state_name = '{"currentlyExecuting":"create order","compensating":false,
                    "endState":true,"failed":true}'
            WHERE id = 1
            """)
    }

    private func change(_ sql: String) throws {
        try tamper(with: workbench.data + "/order.db", sql)
    }

    private func status() throws -> (text: String, json: String) {
        (
            try workbench.succeed("relay", "status"),
            try workbench.succeed("relay", "status", "--json")
        )
    }

    @Test func `a failed saga is named until it is abandoned, whatever its order's state`() throws {
        for state in ["APPROVED", "PENDING"] {
            try change("UPDATE orders SET state = '\(state)' WHERE id = 1")
            let named = try status()
            #expect(
                named.text.hasSuffix(
                    "\nFailed: the saga of order 1: the step 'create order' was not undone; "
                        + "see tram saga show 1"), "\(named.text)")
            #expect(
                named.json.hasSuffix(
                    #""stuck":[],"stranded":[],"waitingFor":[],"#
                        + #""failedSagas":[{"orderId":1,"step":"create order"}],"unavailable":[]}"#),
                "\(named.json)"
            )
        }
        #expect(
            try workbench.succeed("order", "show", "1", "--json").hasSuffix(#""stuck":false}"#),
            "it has ended")
        try workbench.succeed("saga", "abandon", "1", "--yes")
        let abandoned = try status()
        #expect(!abandoned.text.contains("Failed"))
        #expect(
            abandoned.json.hasSuffix(
                #""stuck":[],"stranded":[],"waitingFor":[],"failedSagas":[],"unavailable":[]}"#))
    }

    @Test func `one that this program does not know is stranded, and named once`() throws {
        try change("UPDATE saga_instance SET definition_version = 7 WHERE id = 1")
        for state in ["APPROVED", "PENDING"] {
            try change("UPDATE orders SET state = '\(state)' WHERE id = 1")
            let named = try status()
            #expect(named.text.contains("\nStranded: the saga of order 1: it was started with"))
            #expect(!named.text.contains("Failed"))
            #expect(named.json.contains(#""stuck":[],"stranded":[{"orderId":1,"#))
            #expect(named.json.hasSuffix(#""failedSagas":[],"unavailable":[]}"#))
        }
    }

    @Test func `where nobody needs help, nobody is named`() throws {
        try change("DELETE FROM saga_instance WHERE id = 1")
        let (text, json) = try status()
        #expect(!text.contains("saga"), "\(text)")
        #expect(
            json.hasSuffix(
                #""stuck":[],"stranded":[],"waitingFor":[],"failedSagas":[],"unavailable":[]}"#))
    }
}
