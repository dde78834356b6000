import TestSupport
import Testing

/// What is told of a saga that waits to try its step again.
@Suite struct RetryWaitTests {
    private let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "Jane Doe", "--credit-limit", "5")
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
            "orchestration")
        // CreateOrderSaga has no retries: let this one wait for its second attempt until 2100.
        try tamper(
            with: workbench.data + "/order.db",
            """
            UPDATE saga_instance SET retry_at = 4102444800000, attempts = 1, last_request_id = NULL;
            UPDATE message SET published = 1 WHERE type = 'ReserveCredit';
            """)
        try workbench.succeed("relay", "run", "--until-idle")
    }

    @Test func `it is not stuck, and says what it waits for`() throws {
        let line = "\n  waiting for   the time of attempt 2\n"
        let json = #","retryAt":"2100-01-01T00:00:00.000Z"}"#
        for subject in ["saga", "order"] {
            let text = try workbench.succeed(subject, "show", "1")
            #expect((text + "\n").contains(line))
            #expect(!text.contains("stuck"))
            let document = try workbench.succeed(subject, "show", "1", "--json")
            #expect(document.contains(#""stuck":false"#))
            #expect(document.hasSuffix(json))
        }
        #expect(try workbench.succeed("saga", "list").hasSuffix("the time of attempt 2"))
        let status = try workbench.succeed("relay", "status")
        #expect(status.hasSuffix("\nWaiting for a deadline: CreateOrderSaga 1 to try again"))
        #expect(
            try workbench.succeed("relay", "status", "--json").hasSuffix(
                #","waitingFor":["CreateOrderSaga 1 to try again"],"failedSagas":[],"unavailable":[]}"#
            ))
    }

    @Test func `the clock is moved for it as for deadlines`() throws {
        #expect(
            try workbench.succeed("relay", "run", "--until-idle").hasSuffix(
                "Waiting for a deadline: CreateOrderSaga 1 to try again"))
        let passed = try workbench.succeed("relay", "run", "--until-idle", "--advance", "900000h")
        #expect(passed.hasPrefix("Deadline: CreateOrderSaga 1: reserve credit requested\n"))
        #expect(try workbench.run("order", "wait", "1", "--for", "APPROVED").status == 0)
        #expect(try !workbench.succeed("order", "show", "1", "--json").contains("retryAt"))
        #expect(
            try workbench.succeed("relay", "status", "--json").contains(#","waitingFor":[],"#))
    }
}
