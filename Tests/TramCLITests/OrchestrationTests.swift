import Foundation
import TestSupport
import Testing

/// An orchestrated order as the shell shows it.
@Suite struct OrchestrationTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
    }

    @Test func `an orchestrated order, to the byte`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5", "-q")
        let session: [([String], String)] = [
            (
                [
                    "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
                    "orchestration",
                ],
                """
                Created order 1: PENDING, total 4.00, customer 1 (orchestration)
                Published order:1 OrderCreated (pending)
                Sent order:2 ReserveCredit (pending)
                """
            ),
            (
                ["order", "show", "1"],
                """
                Order 1: PENDING
                  customer      1
                  total         4.00
                  saga          orchestration
                  step          reserve credit
                  waiting for   customer to handle order:2 ReserveCredit (pending)
                """
            ),
            (
                ["relay", "run"],
                """
                Pass 1
                  customer:1 CustomerCreated  -> history   ok  customer 1 added to the view
                  order:1    OrderCreated     -> customer  ignored  order 1 is orchestrated
                  order:1    OrderCreated     -> history   ok  order 1 PENDING added to the view
                  order:2    ReserveCredit    -> customer  ok  reserved 4.00 of 5.00 for order 1
                                                           +   customer:2 CustomerCreditReserved
                3 messages, 4 deliveries, 0 duplicates, 0 failed. 1 message pending.
                """
            ),
            (
                ["relay", "run"],
                """
                Pass 1
                  customer:2 CustomerCreditReserved  -> order     ok  CreateOrderSaga 1: reserve credit done, approve order done, completed
                                                                  +   order:3 OrderApproved
                1 message, 1 delivery, 0 duplicates, 0 failed. 1 message pending.
                """
            ),
            (
                ["relay", "run", "-q"],
                "1 message, 1 delivery, 0 duplicates, 0 failed. 0 messages pending."
            ),
            (
                ["saga", "show", "1"],
                """
                Saga of order 1: completed
                  kind          orchestration
                  instance      CreateOrderSaga 1
                  message       order:1 OrderCreated
                  message       order:2 ReserveCredit
                  message       order:3 OrderApproved
                  message       customer:2 CustomerCreditReserved
                STEP            ACTION                            COMPENSATION
                create order    local                             local
                reserve credit  ReserveCredit -> customerService  -
                approve order   local                             -
                HAPPENED   STEP            MESSAGE
                started    -
                done       create order
                requested  reserve credit  order:2 ReserveCredit
                done       reserve credit  customer:2 CustomerCreditReserved
                done       approve order
                completed  -
                Data before: {"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"orderId":0}
                Data after:  {"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"orderId":1}
                """
            ),
        ]
        for (arguments, expected) in session {
            let result = try workbench.run(arguments)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            #expect(result.output == expected + "\n", "\(arguments)")
        }
        let saga = try workbench.run("saga", "show", "1", "--json")
        #expect(saga.lines.count == 1)
        #expect(
            try workbench.succeed("saga", "list", "--json") == "[" + saga.output.dropLast() + "]")
        #expect(
            try workbench.succeed("relay", "run", "--json").contains(#""idle":true"#))
    }

    @Test func `a failed saga is taken up again, any other is not`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1", "-q")
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
            "orchestration")
        let refused = try workbench.run("saga", "retry", "1")
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[saga-not-failed]"))
        // CreateOrderSaga's own compensation is never refused: put the saga where such a one stands.
        try tamper(
            with: workbench.data + "/order.db",
            """
            UPDATE saga_instance SET end_state = 1, failed = 1, last_request_id = NULL, state_name =
            '{"compensating":false,"currentlyExecuting":0,"endState":true,"failed":true}';
            """)
        #expect(try workbench.succeed("saga", "list").contains("failed"))
        #expect(
            try workbench.succeed("saga", "retry", "1") == """
                CreateOrderSaga 1: create order undone, rolled back
                Published order:3 OrderRejected (pending)
                Sent order:4 SagaUnlockCommand (pending)
                """)
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: REJECTED"))
        #expect(try workbench.run("saga", "show", "2").status == 1)
    }

    @Test func `a deadline is waited for, until the clock is moved`() throws {
        for _ in 1...2 {
            try workbench.succeed(
                "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
                "orchestration")
        }
        // CreateOrderSaga has no deadline: give one to these, and lose their commands.
        try tamper(
            with: workbench.data + "/order.db",
            """
            UPDATE saga_instance SET deadline = (unixepoch() + 3000) * 1000;
            UPDATE message SET published = 1 WHERE type = 'ReserveCredit';
            """)
        let waiting = try workbench.succeed("relay", "run", "--until-idle")
        #expect(
            waiting.hasSuffix(
                """
                Waiting for a deadline: CreateOrderSaga 1 for the reply to order:2
                Waiting for a deadline: CreateOrderSaga 2 for the reply to order:4
                """))
        #expect(
            try workbench.succeed("relay", "run", "--until-idle", "--json").hasSuffix(
                #""idle":true,"unavailable":[],"parked":0,"waitingFor":["CreateOrderSaga 1 for the reply to order:2","#
                    + #""CreateOrderSaga 2 for the reply to order:4"]}"#))
        let passed = try workbench.succeed("relay", "run", "--until-idle", "--advance", "1h")
        #expect(
            passed.hasPrefix(
                "Deadline: CreateOrderSaga 1: reserve credit timed out, its command may have been "
                    + "handled, and nothing undoes it, FAILED\n"))
        // An operator knows that the commands are lost.
        try workbench.succeed("saga", "skip", "1", "--yes")
        #expect(try workbench.run("order", "wait", "1", "--for", "REJECTED").status == 0)
        // What was written bears the true time.
        try tamper(
            with: workbench.data + "/order.db",
            """
            CREATE TABLE stamp (time INTEGER, bound INTEGER, CHECK (time < bound));
            INSERT INTO stamp SELECT creation_time, (unixepoch() + 60) * 1000 FROM
                (SELECT creation_time FROM message UNION ALL SELECT creation_time FROM saga_log);
            """)
    }
}
