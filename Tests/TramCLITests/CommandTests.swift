import Foundation
import TestSupport
import Testing

/// What a user types and reads: the contract's own session, and what else is promised.
@Suite struct CommandTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
    }

    @Test func `the contract's session, to the byte`() throws {
        let session: [([String], String)] = [
            (
                ["customer", "create", "--name", "Jane Doe", "--credit-limit", "5", "--json"],
                #"{"customerId":1,"name":"Jane Doe","creditLimit":{"amount":5},"published":["customer:1"]}"#
            ),
            (
                ["order", "create", "--customer-id", "1", "--order-total", "4", "--json"],
                #"{"orderId":1,"orderState":"PENDING","rejectionReason":null,"customerId":1,"orderTotal":{"amount":4},"saga":"choreography","published":["order:1"]}"#
            ),
            (
                ["order", "show", "1", "--json"],
                #"{"orderId":1,"orderState":"PENDING","rejectionReason":null,"customerId":1,"orderTotal":{"amount":4},"saga":"choreography","waitingFor":[{"message":"order:1","type":"OrderCreated","subscriber":"customer","state":"pending","attempts":0,"behind":null,"edited":false}],"stuck":false}"#
            ),
            (
                ["relay", "run"],
                """
                Pass 1
                  customer:1 CustomerCreated  -> history   ok  customer 1 added to the view
                  order:1    OrderCreated     -> customer  ok  reserved 4.00 of 5.00 for order 1
                                                           +   customer:2 CustomerCreditReserved
                  order:1    OrderCreated     -> history   ok  order 1 PENDING added to the view
                2 messages, 3 deliveries, 0 duplicates, 0 failed. 1 message pending.
                """
            ),
            (
                ["relay", "run", "--json"],
                #"{"pass":1,"messages":1,"deliveries":[{"message":"customer:2","type":"CustomerCreditReserved","from":"customer","to":"order","outcome":"handled","effects":["order 1 APPROVED"],"published":["order:2"]}],"duplicates":0,"failed":0,"pending":1,"idle":false,"unavailable":[],"parked":0}"#
            ),
            (
                ["relay", "run", "--quiet"],
                "1 message, 1 delivery, 0 duplicates, 0 failed. 0 messages pending."
            ),
            (
                ["relay", "run"],
                "Nothing to deliver: all outboxes are empty of pending messages."
            ),
            (
                ["relay", "run", "--json"],
                #"{"pass":1,"messages":0,"deliveries":[],"duplicates":0,"failed":0,"pending":0,"idle":true,"unavailable":[],"parked":0}"#
            ),
            (
                ["history", "show", "1"],
                """
                Customer 1: Jane Doe, credit limit 5.00
                ORDER  STATE     TOTAL
                1      APPROVED   4.00
                The view is up to date.
                """
            ),
            (
                ["history", "show", "1", "--json"],
                #"{"id":1,"orders":{"1":{"state":"APPROVED","orderTotal":{"amount":4}}},"name":"Jane Doe","creditLimit":{"amount":5},"behind":0}"#
            ),
            (["customer", "create", "-q", "--name", "x", "--credit-limit", "0"], "2"),
            (["history", "list", "--json"], try history()),
        ]
        for (arguments, expected) in session {
            let result = try workbench.run(arguments)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            #expect(result.output == expected + "\n", "\(arguments)")
            #expect(result.errors == "", "hints are for terminals")
        }
    }

    private func history() throws -> String {
        #"[{"id":1,"orders":{"1":{"state":"APPROVED","orderTotal":{"amount":4}}},"name":"Jane Doe","creditLimit":{"amount":5},"behind":0}]"#
    }

    @Test(
        arguments: [
            ("15.00", "12.34", "APPROVED", "null"),
            ("15.00", "123.34", "REJECTED", #""INSUFFICIENT_CREDIT""#),
        ], ["run", "--until-idle"])
    func `the original's scenarios, by passes and until idle`(
        scenario: (limit: String, total: String, state: String, reason: String), way: String
    ) throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", scenario.limit)
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", scenario.total)
        try relay(way)
        let order = try workbench.succeed("order", "show", "1", "--json")
        #expect(
            order.contains(
                #""orderState":"\#(scenario.state)","rejectionReason":\#(scenario.reason)"#))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test(arguments: ["run", "--until-idle"])
    func `an unknown customer's order is rejected`(way: String) throws {
        try workbench.succeed("order", "create", "--customer-id", "123", "--order-total", "1")
        try relay(way)
        let order = try workbench.succeed("order", "show", "1", "--json")
        #expect(order.contains(#""orderState":"REJECTED","rejectionReason":"UNKNOWN_CUSTOMER""#))
        #expect(
            try workbench.succeed("history", "show", "123", "--json")
                == #"{"id":123,"orders":{"1":{"state":"REJECTED","orderTotal":{"amount":1}}},"name":null,"creditLimit":null,"behind":0}"#
        )
        #expect(
            try workbench.succeed("history", "show", "123").hasPrefix("Customer 123: unknown\n"))
    }

    @Test(arguments: ["run", "--until-idle"])
    func `a cancelled order's credit can be used again`(way: String) throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "15.00")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "12.34")
        try relay(way)
        #expect(
            try workbench.succeed("order", "cancel", "1", "--json").contains(
                #""orderState":"CANCELLED""#))
        try relay(way)
        #expect(
            try workbench.succeed("history", "show", "1", "--json").contains(
                #""1":{"state":"CANCELLED""#))
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "15")
        try relay(way)
        #expect(try workbench.run("order", "wait", "2", "--for", "APPROVED").status == 0)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test(arguments: ["run", "--until-idle"])
    func `one order is approved and one rejected, and the history keeps both`(way: String) throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1000")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "100")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1000")
        try relay(way)
        #expect(
            try workbench.succeed("history", "show", "1", "--json").hasPrefix(
                #"{"id":1,"orders":{"1":{"state":"APPROVED","orderTotal":{"amount":100}},"2":{"state":"REJECTED","orderTotal":{"amount":1000}}}"#
            ))
    }

    private func relay(_ way: String) throws {
        if way == "run" {
            for _ in 1...3 { try workbench.succeed("relay", "run") }
        } else {
            try workbench.succeed("relay", "run", way)
        }
        #expect(try workbench.run("relay", "run", "--exit-code").status == 0, "nothing remains")
    }

    @Test func `waiting ends with the decision, the time, or the impossible`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        #expect(try workbench.run("order", "wait", "1", "--timeout", "20ms").status == 2)
        #expect(try workbench.run("order", "wait", "2", "--timeout", "20ms").status == 1)
        let waiting = try workbench.start("order", "wait", "1", "--json")
        try workbench.succeed("relay", "run", "--until-idle")
        let result = try waiting.wait()
        #expect(result.status == 0)
        #expect(result.output.contains(#""orderState":"APPROVED""#))
        #expect(try workbench.run("order", "wait", "1", "--for", "REJECTED").status == 1)
        #expect(
            try workbench.run("order", "wait", "1", "--for", "CANCELLED", "--timeout", "20ms")
                .status
                == 2)
    }

    @Test func `every look at the stores, as text and as JSON`() throws {
        try workbench.succeed("customer", "create", "--name", "Jane Doe", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        try workbench.succeed("relay", "run")
        let looks: [([String], String, String)] = [
            (
                ["customer", "list"],
                """
                CUSTOMER  LIMIT  RESERVED  AVAILABLE  NAME
                1          5.00      4.00       1.00  Jane Doe
                """,
                #"[{"customerId":1,"name":"Jane Doe","creditLimit":{"amount":5},"reserved":{"amount":4},"available":{"amount":1}}]"#
            ),
            (
                ["order", "list"],
                """
                ORDER  CUSTOMER  STATE    TOTAL  REASON
                1      1         PENDING   4.00
                """,
                #"[{"orderId":1,"orderState":"PENDING","rejectionReason":null,"customerId":1,"orderTotal":{"amount":4},"saga":"choreography","waitingFor":[{"message":"customer:2","type":"CustomerCreditReserved","subscriber":"order","state":"pending","attempts":0,"behind":null,"edited":false}],"stuck":false}]"#
            ),
            (
                ["history", "list"],
                """
                CUSTOMER  ORDERS  LIMIT  BEHIND  NAME
                1              1   5.00       0  Jane Doe
                """,
                #"[{"id":1,"orders":{"1":{"state":"PENDING","orderTotal":{"amount":4}}},"name":"Jane Doe","creditLimit":{"amount":5},"behind":0}]"#
            ),
            (
                ["relay", "status"],
                """
                OUTBOX    PENDING  FAILED  NEXT
                customer        1       0  customer:2 CustomerCreditReserved
                order           0       0  -
                history         0       0  -
                """,
                #"{"outboxes":[{"service":"customer","pending":1,"failed":0,"next":{"message":"customer:2","type":"CustomerCreditReserved"},"parked":0},{"service":"order","pending":0,"failed":0,"next":null,"parked":0},{"service":"history","pending":0,"failed":0,"next":null,"parked":0}],"pending":1,"idle":false,"parked":0,"stuck":[],"stranded":[],"waitingFor":[],"failedSagas":[],"unavailable":[]}"#
            ),
            (
                ["outbox", "list"],
                """
                MESSAGE     STATE      CHANNEL   ID  TYPE
                customer:1  delivered  Customer  1   CustomerCreated
                customer:2  pending    Customer  1   CustomerCreditReserved
                order:1     delivered  Order     1   OrderCreated
                """, ""
            ),
            (
                ["inbox", "list"],
                """
                SUBSCRIBER  MESSAGE
                customer    order:1
                history     customer:1
                history     order:1
                """,
                #"[{"subscriber":"customer","message":"order:1","handled":null,"edited":false,"outcome":"handled","effects":["reserved 4.00 of 5.00 for order 1"]},{"subscriber":"history","message":"customer:1","handled":null,"edited":false,"outcome":"handled","effects":["customer 1 added to the view"]},{"subscriber":"history","message":"order:1","handled":null,"edited":false,"outcome":"handled","effects":["order 1 PENDING added to the view"]}]"#
            ),
            (
                ["saga", "list"],
                """
                ORDER  SAGA          STATE    MESSAGES  STEP  WAITING FOR
                1      choreography  running         2  -     order to handle customer:2
                """, ""
            ),
        ]
        for (arguments, text, json) in looks {
            #expect(try workbench.run(arguments).output == text + "\n")
            let machine = try workbench.run(arguments + ["--json"])
            #expect(machine.lines.count == 1)
            if !json.isEmpty { #expect(machine.output == json + "\n") }
        }
        #expect(try workbench.succeed("outbox", "list", "--times").contains("Z  CustomerCreated"))
        #expect(try workbench.succeed("outbox", "show", "order:1", "--times").contains("DATE: "))
        #expect(
            try workbench.succeed("store", "status").contains(
                "customer         2        1       0       0        1"))
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(
            try workbench.succeed("history", "rebuild", "--json")
                == #"{"events":3,"skipped":[],"incomplete":[]}"#)
    }
}
