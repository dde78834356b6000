import Foundation
import TestSupport
import Testing

/// What a user types and reads: the contract's own session, and what else is promised.
@Suite struct CommandTests {
    let workbench: Workbench

    init() throws {
        workbench = try Workbench()
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

    @Test func `global options stand in any position`() throws {
        let data = ["--data-dir", workbench.data]
        let create = ["create", "--name", "x", "--credit-limit", "1"]
        let ways = [
            data + ["--json", "customer"] + create, ["customer"] + data + ["--json"] + create,
            ["customer"] + create + ["--json"] + data,
        ]
        for (index, arguments) in ways.enumerated() {
            let result = try tram(arguments)
            #expect(result.output.hasPrefix("{\"customerId\":\(index + 1),"), "\(result.errors)")
        }
    }

    @Test func `the environment names the data directory, an option overrides it`() throws {
        let other = workbench.directory.file("other")
        let environment = ["TRAM_DATA_DIR": other]
        let create = ["customer", "create", "--name", "x", "--credit-limit", "1", "-q"]
        #expect(try tram(create, environment: environment).status == 0)
        #expect(FileManager.default.fileExists(atPath: other + "/customer.db"))
        let overridden = try tram(
            create + ["--data-dir", workbench.data], environment: environment)
        #expect(overridden.output == "1\n")
    }

    @Test func `colors are for terminals, or when asked for`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        #expect(try !workbench.succeed("store", "check").contains("\u{1B}"))
        #expect(try workbench.succeed("store", "check", "--color", "always").contains("\u{1B}[32m"))
        #expect(
            try workbench.run("order", "show", "9", "--color=always").errors.hasPrefix("\u{1B}[31m")
        )
    }

    @Test func `a name is escaped where it is printed, and exact in the store`() throws {
        let name = "Zoë \u{202E}evil"
        #expect(
            try workbench.succeed("customer", "create", "--name", name, "--credit-limit", "1")
                .contains(#"Zoë \u{202E}evil"#))
        #expect(
            try workbench.succeed("customer", "show", "1", "--json").contains(
                #""name":"Zoë \u202eevil""#))
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

    @Test func `a rehearsal prints what would happen and leaves every byte`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        let before = try workbench.bytes()
        let rehearsed = try workbench.succeed("relay", "run", "--dry-run", "--json")
        #expect(try workbench.bytes() == before)
        #expect(try workbench.succeed("relay", "run", "--json") == rehearsed)
        #expect(try workbench.run("relay", "run", "--dry-run", "--until-idle").status == 64)
    }

    @Test func `bounds and sources of a pass`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "9")
        for _ in 1...3 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        }
        let orders = try workbench.run(
            "relay", "run", "--service", "order", "--max-messages", "2", "--json", "--exit-code")
        #expect(orders.status == 2)
        #expect(
            orders.output.hasPrefix(#"{"pass":1,"messages":2,"deliveries":[{"message":"order:1""#))
        #expect(orders.output.contains(#""pending":4,"idle":false,"unavailable":[],"parked":0}"#))
        let status = try workbench.succeed("relay", "status", "--json")
        #expect(
            status.contains(
                #"{"service":"order","pending":1,"failed":0,"next":{"message":"order:3","type":"OrderCreated"},"parked":0}"#
            ))
    }

    @Test func `a failing handler is reported, holds back its aggregate, and heals`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "9")
        for _ in 1...2 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        }
        let path = workbench.data + "/order.db"
        try tamper(
            with: path,
            "CREATE TABLE saved AS SELECT payload FROM message WHERE id = 1; "
                + "UPDATE message SET payload = '{}' WHERE id = 1")
        let failed = try workbench.run("relay", "run", "--until-idle")
        #expect(failed.status == 1)
        #expect(
            failed.errors == "help: the next relay tries again; see why: "
                + "tram outbox show order:1 --data-dir \(workbench.data)\n")
        #expect(
            failed.output.contains(
                "-> customer  failed  the message was changed after it was sent: its digest does not fit"
            ))
        #expect(try workbench.run("order", "wait", "2", "--for", "APPROVED").status == 0)
        #expect(try workbench.succeed("order", "show", "1").contains("(failed(1))"))
        #expect(try workbench.succeed("outbox", "list", "--pending").contains("failed(1)"))
        #expect(try workbench.run("relay", "run").status == 1, "it is tried once per run")

        try tamper(
            with: path,
            "UPDATE message SET payload = (SELECT payload FROM saved) WHERE id = 1; "
                + "DROP TABLE saved")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.run("order", "wait", "1", "--for", "APPROVED").status == 0)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a second relay waits for the first, then says so`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        let first = try workbench.start("relay", "run", "--watch")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
        #expect(try workbench.run("order", "wait", "1", "--for", "APPROVED").status == 0)
        for command in [
            ["relay", "run"], ["outbox", "purge"], ["store", "purge"],
            ["store", "purge", "--dry-run"], ["history", "rebuild"],
        ] {
            let busy = try workbench.run(command + ["--lock-timeout", "50ms"])
            #expect(busy.status == 75, "\(command)")
            #expect(busy.errors.hasPrefix("error[relay-busy]"))
        }
        #expect(try workbench.run("store", "check").status == 0, "looking is always allowed")
        first.send(SIGTERM)
        #expect(try first.wait().status == 143)
        #expect(try workbench.run("relay", "run").status == 0)
    }

    @Test func `an interrupted relay says so with its exit code`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1")
        let relay = try workbench.start("relay", "run", "--watch", "--json")
        for _ in 1...1000 where try workbench.run("relay", "status", "--exit-code").status == 2 {}
        relay.send(SIGINT)
        let result = try relay.wait()
        #expect(result.status == 130)
        #expect(result.lines.count == 1)
    }

    @Test func `help has an example for every command`() throws {
        let commands = [
            "customer create", "customer show", "customer list", "order create", "order show",
            "order list", "order cancel", "order wait", "history show", "history list",
            "history rebuild", "relay run", "relay status", "outbox list", "outbox show",
            "outbox purge", "inbox list", "store status", "store check",
            "store purge", "saga list", "saga show", "saga retry", "saga resend", "saga skip",
            "saga rollback", "saga abandon",
        ]
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            let help = try tram(words + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("Example:\n  tram \(command)"), "\(command)")
        }
        #expect(try tram(["--version"]).output == "0.1.0\n")
        let completions = try tram(["--generate-completion-script", "bash"])
        #expect(completions.status == 0)
        #expect(completions.output.contains("tram"))
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

    @Test func `a reader that goes away ends a command silently`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        let command =
            "'\(TramProcess.program)' customer list --data-dir '\(workbench.data)' | true; "
            + "exit ${PIPESTATUS[0]}"
        let result = try shell(command)
        #expect([0, 141].contains(result.status))
        #expect(result.errors == "")
        let ignoring = try shell("trap '' PIPE; (sleep 0.1; \(command))")
        #expect(ignoring.errors == "")
    }

    @Test func `no lock is kept while a slow reader reads`() throws {
        for _ in 1...3 {
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        }
        // The reader takes nothing until it is told to: what is not yet read fills the pipe.
        let relay = try ChildProcess(
            "bash",
            [
                "-c",
                "'\(TramProcess.program)' relay run --dry-run --data-dir '\(workbench.data)' "
                    + "| { sleep 1; cat; }",
            ])
        #expect(
            try workbench.run(
                "customer", "create", "--name", "y", "--credit-limit", "5", "--lock-timeout",
                "900ms"
            ).status == 0)
        #expect(try relay.wait().status == 0)
    }

    @Test func `a full standard output is an error, and what was done stands`() throws {
        let command =
            "'\(TramProcess.program)' customer create --name x --credit-limit 1 "
            + "--data-dir '\(workbench.data)' >/dev/full"
        let full = try shell(command)
        #expect(full.status == 74)
        #expect(full.errors.hasPrefix("error[io-error]"))
        #expect(try workbench.succeed("customer", "list", "--json").contains(#""customerId":1"#))
    }
}
