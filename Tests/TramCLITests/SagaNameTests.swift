import TestSupport
import Testing

/// In `tram` a saga is named by its order's number, or by `TYPE:ID`.
@Suite struct SagaNameTests {
    private let workbench: Workshop

    /// Order 1 is choreographed, order 2 orchestrated.
    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "50")
        for saga in ["choreography", "orchestration"] {
            try workbench.succeed(
                "order", "create", "--customer-id", "1", "--order-total", "4", "--saga", saga)
        }
    }

    @Test(arguments: [("1", "Order:1"), ("2", "CreateOrderSaga:1")])
    func `both names show the same`(number: String, name: String) throws {
        for form in [[], ["--json"]] {
            #expect(
                try workbench.run(["saga", "show", name] + form).output
                    == workbench.run(["saga", "show", number] + form).output)
        }
        #expect(try workbench.succeed("saga", "show", name).hasPrefix("Saga of order \(number): "))
    }

    @Test(arguments: ["retry", "resend", "skip", "rollback", "abandon"])
    func `decisions take both names, and tell the order`(decision: String) throws {
        try tamper(
            with: workbench.data + "/order.db", "DELETE FROM message WHERE type = 'ReserveCredit'")
        let foreseen = try workbench.run("saga", decision, "2", "--dry-run", "--json")
        let same = try workbench.run(
            "saga", decision, "CreateOrderSaga:1", "--dry-run", "--json")
        #expect(same.output == foreseen.output)
        #expect(same.errors == foreseen.errors)
        // Its command may have been handled, and nothing undoes that.
        if decision == "rollback" {
            #expect(foreseen.errors.contains("not-compensatable"))
        } else {
            #expect(foreseen.output.hasPrefix(#"{"orderId":2,"effects":["CreateOrderSaga 1: "#))
            #expect(
                try workbench.succeed("saga", decision, "CreateOrderSaga:1", "--yes", "-q") == "2")
        }
        let refused = try workbench.run("saga", decision, "Order:1", "--yes")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("the saga of order 1"), "\(refused.errors)")
    }

    @Test(arguments: ["CreateOrderSaga:2", "Order:2", "Order:3", "Trip:1"])
    func `a saga that is not there is not found`(name: String) throws {
        for command in ["show", "retry", "abandon"] {
            let result = try workbench.run("saga", command, name)
            #expect(result.status == 1)
            #expect(
                result.errors.hasPrefix(
                    """
                    error[saga-not-found]: there is no saga '\(name)'
                    This program has sagas of the types CreateOrderSaga, Order.

                    """), "\(result.errors)")
        }
    }
}
