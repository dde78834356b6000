import Foundation
import TestSupport
import Testing

/// `tram store purge` frees what nobody needs any more, says who holds the rest, and whatever comes
/// afterwards, nothing is lost or done twice.
@Suite struct PurgeTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "Jane", "--credit-limit", "100")
        try order(4)
        try order(5, saga: "orchestration")
        try workbench.succeed("relay", "run", "--until-idle")
    }

    private func order(_ total: Int, saga: String = "choreography") throws {
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "\(total)", "--saga", saga)
    }

    private func edit(_ service: String, _ sql: String) throws {
        try tamper(with: workbench.data + "/\(service).db", sql)
    }

    private func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)", sourceLocation: sourceLocation)
        #expect(
            check.output.contains("at rest, every order is decided"),
            sourceLocation: sourceLocation)
    }

    /// Takes a copy of one store, which can be put back later.
    private func keep(_ service: String) throws -> () throws -> Void {
        let copy = workbench.directory.file("copy-\(service)")
        try workbench.succeed("store", "backup", copy)
        return {
            let result = try shell(
                "cd '\(workbench.data)' && rm -f \(service).db-wal \(service).db-shm && "
                    + "cp '\(copy)/\(service).db' .")
            try #require(result.status == 0)
        }
    }

    // MARK: What is freed

    @Test func `a purge, to the byte`() throws {
        let freed = """
            STORE     MESSAGES  HANDLED  SAGAS  KEYS
            customer         3        2      0     0
            order            5        1      1     0
            history          0        3      0     0
            """
        let before = try workbench.bytes()
        #expect(
            try workbench.succeed("store", "purge", "--dry-run")
                == freed + "\nDry run: nothing was changed.")
        #expect(try workbench.bytes() == before)
        #expect(try workbench.succeed("store", "purge") == freed)
        #expect(try workbench.bytes() != before)
        try expectSound()
        #expect(try workbench.succeed("store", "purge") == "Nothing to purge.")
        #expect(
            try workbench.succeed("store", "purge", "--json", "--dry-run")
                == #"{"dryRun":true,"messages":0,"handled":0,"sagas":0,"keys":0,"stores":["#
                + #"{"store":"customer","messages":0,"handled":0,"sagas":0,"keys":0},"#
                + #"{"store":"order","messages":0,"handled":0,"sagas":0,"keys":0},"#
                + #"{"store":"history","messages":0,"handled":0,"sagas":0,"keys":0}],"kept":[]}"#)
        #expect(
            try workbench.succeed("inbox", "list") == """
                SUBSCRIBER  MESSAGE
                customer    order:3
                order       customer:3
                history     customer:1
                history     order:5
                """)
        // Numbers go on, and so do the services.
        try order(6)
        #expect(try workbench.succeed("outbox", "list", "-q") == "order:6")
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound()
        #expect(try workbench.succeed("history", "show", "1").contains("3      APPROVED   6.00"))
    }

    @Test func `a purged saga is told by its order`() throws {
        try order(200, saga: "orchestration")
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("store", "purge")
        #expect(try workbench.succeed("order", "show", "2").hasPrefix("Order 2: APPROVED"))
        #expect(
            try workbench.succeed("saga", "list") == """
                ORDER  SAGA           STATE        MESSAGES  STEP  WAITING FOR
                1      choreography   completed           0  -
                2      orchestration  completed           0  -
                3      orchestration  rolled-back         0  -
                """)
        #expect(
            try workbench.succeed("saga", "show", "3") == """
                Saga of order 3: rolled-back
                  kind          orchestration
                  instance      CreateOrderSaga 2
                  log           purged
                STEP            ACTION                            COMPENSATION
                create order    local                             local
                reserve credit  ReserveCredit -> customerService  -
                approve order   local                             -
                """)
        #expect(
            try workbench.succeed("saga", "show", "3", "--json").hasSuffix(
                #""log":[],"stuck":false,"purged":true,"damage":[],"version":null,"abandoned":false}"#
            ))
        let retried = try workbench.run("saga", "retry", "3")
        #expect(retried.status == 1)
        #expect(retried.errors.contains("it is rolled-back"), "\(retried.errors)")
        try order(1, saga: "orchestration")
        #expect(
            try workbench.succeed("saga", "show", "4").contains("instance      CreateOrderSaga 3"))
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound()
    }

    @Test(arguments: [
        (
            "UPDATE orders SET state = 'PENDING' WHERE id = 2",
            "CreateOrderSaga 1 of order 2 is gone"
        ),
        ("DELETE FROM saga_purge", "1 rows of saga_instance have been numbered, and 1 of them"),
        ("DELETE FROM message_purge", "5 rows of message have been numbered, and 5 of them"),
        ("UPDATE saga_purge SET instances = 2", "and 1 of them are too many"),
        (
            "DELETE FROM received_messages",
            "'order' has handled all up to customer:3, whose row is gone"
        ),
        (
            "INSERT INTO purged_inbox VALUES ('nobody', 'order', 9)",
            "'nobody' has handled all up to order:9, and there is no such subscriber; see tram subscriber remove nobody"
        ),
    ])
    func `what no purge has done is found`(sql: String, violation: String) throws {
        try workbench.succeed("store", "purge")
        try expectSound()
        try edit("order", sql)
        let check = try workbench.run("store", "check")
        #expect(check.status == 1)
        #expect(check.output.contains(violation), "\(check.output)")
    }

    @Test func `only what is old enough goes, and keys only then`() throws {
        try edit(
            "order",
            """
            INSERT INTO idempotency_key (idempotency_key, request, answer, creation_time)
            VALUES ('old', '', '', 0), ('new', '', '', 9000000000000)
            """)
        #expect(
            try workbench.succeed("store", "purge", "--older-than", "1h", "--json")
                .contains(#""messages":0,"handled":0,"sagas":0,"keys":1,"#))
        #expect(
            try workbench.succeed("store", "purge", "--older-than", "7d") == "Nothing to purge.")
        #expect(
            try workbench.succeed("store", "purge", "--older-than", "0s") == """
                STORE     MESSAGES  HANDLED  SAGAS  KEYS
                customer         3        2      0     0
                order            5        1      1     0
                history          0        3      0     0
                """)
        try edit("order", "DELETE FROM idempotency_key WHERE idempotency_key = 'new'")
        try expectSound()
        for duration in ["7", "d", "1w", "-1d", "1.5d"] {
            let result = try workbench.run("store", "purge", "--older-than=\(duration)")
            #expect(result.status == 64, "\(duration)")
            #expect(result.errors.hasPrefix("error[invalid-duration]"), "\(result.errors)")
        }
    }

    @Test func `one service alone is purged`() throws {
        #expect(
            try workbench.succeed("store", "purge", "--service", "history") == """
                STORE    MESSAGES  HANDLED  SAGAS  KEYS
                history         0        3      0     0
                """)
        try expectSound()
        // No message is gone, so the view can still be rebuilt, and the relay brings nothing twice.
        let before = try workbench.succeed("history", "show", "1", "--json")
        #expect(
            try workbench.succeed("history", "rebuild")
                == "Rebuilt the order history from 5 events.")
        #expect(try workbench.succeed("history", "show", "1", "--json") == before)
        try expectSound()
        #expect(
            try workbench.succeed("store", "purge", "--service", "order", "--dry-run")
                .contains("order         5        1      1     0"))
        try edit("order", "UPDATE message SET published = 0")
        let again = try workbench.succeed("relay", "run")
        #expect(again.contains("5 messages, 7 deliveries, 7 duplicates"), "\(again)")
        try expectSound()
    }

    // MARK: What is kept

    @Test func `what is pending is kept, and whoever holds it is told`() throws {
        try order(6)
        try order(7, saga: "orchestration")
        let purged = try workbench.succeed("store", "purge")
        #expect(
            purged.hasSuffix(
                """
                order: 3 messages kept: order:6 is pending at customer
                order: 1 saga kept: CreateOrderSaga 2 is running
                """), "\(purged)")
        try workbench.succeed("relay", "run", "--step")
        try workbench.succeed("relay", "run", "--step")
        try workbench.succeed("store", "purge")
        #expect(try workbench.succeed("outbox", "list", "-q").contains("order:6"))
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound()
        for order in 3...4 {
            #expect(try workbench.succeed("order", "show", "\(order)").contains("APPROVED"))
        }
    }

    @Test func `a message that failed twice holds what was handled behind it`() throws {
        try order(6)
        try edit("order", "UPDATE message SET payload = payload || ' ' WHERE id = 6")
        try order(7)
        try workbench.run("relay", "run", "--until-idle")
        try workbench.run("relay", "run", "--until-idle")
        let purged = try workbench.succeed("store", "purge")
        #expect(
            purged == """
                STORE     MESSAGES  HANDLED  SAGAS  KEYS
                customer         4        2      0     0
                order            7        2      1     0
                history          0        3      0     0
                customer: 1 handled message kept behind order:6 (failed)
                order: 1 message kept: order:6 has failed at customer
                history: 2 handled messages kept behind order:6 (failed)
                """)
        #expect(
            try workbench.succeed("store", "purge", "--json").contains(
                #""kept":[{"store":"customer","what":"handled","count":1,"reason":"failed","#
                    + #""message":"order:6","saga":null,"at":"customer"},"#))
        try edit("order", "UPDATE message SET payload = rtrim(payload) WHERE id = 6")
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound()
        try workbench.succeed("store", "purge")
        #expect(try workbench.succeed("outbox", "list") == "No messages.")
        try expectSound()
    }

    @Test func `a stashed command holds its message and its row`() throws {
        try edit(
            "customer",
            """
            INSERT INTO saga_stash_table
                (message_id, target, saga_type, saga_id, message_type, destination, partition_id,
                 message_headers, message_payload)
            VALUES ('order:4', 'Customer/1', 'CreateOrderSaga', '1', 'ReserveCredit',
                'customerService', '1', '{}', '{}')
            """)
        let purged = try workbench.succeed("store", "purge")
        #expect(
            purged.contains("order: 1 message kept: order:4 is stashed at customer"), "\(purged)")
        #expect(
            purged.hasSuffix(
                "order: 1 saga kept: CreateOrderSaga 1 has a stashed command at customer"))
        #expect(try workbench.succeed("outbox", "list", "-q") == "order:4")
        try edit("customer", "DELETE FROM saga_stash_table")
        try expectSound()
    }

    @Test func `a failed saga is kept for whoever takes it up`() throws {
        try edit(
            "order",
            """
            UPDATE saga_instance SET failed = 1,
                state_name = '{"compensating":false,"currentlyExecuting":0,"endState":true,"failed":true}'
            """)
        let purged = try workbench.succeed("store", "purge")
        #expect(purged.hasSuffix("order: 1 saga kept: CreateOrderSaga 1 has failed"), "\(purged)")
        #expect(try workbench.succeed("saga", "show", "2").contains("Data before:"))
    }

    @Test func `outbox purge has the same proof`() throws {
        try order(6)
        try workbench.succeed("relay", "run")
        #expect(
            try workbench.succeed("outbox", "purge") == """
                Purged 9 messages: customer 3, order 6, history 0.
                customer: 1 message kept: customer:4 is pending at order
                """)
        #expect(
            try workbench.succeed("outbox", "purge", "--json")
                == #"{"messages":0,"outboxes":{"customer":0,"order":0,"history":0},"kept":["#
                + #"{"store":"customer","what":"messages","count":1,"reason":"pending","#
                + #""message":"customer:4","saga":null,"at":"order"}]}"#)
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound()
    }

    @Test func `while a service is away nothing is purged`() throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: workbench.data + "/history.db\(suffix)")
        }
        let before = try workbench.bytes()
        for options in [[], ["--dry-run"], ["--service", "order"]] {
            let purged = try workbench.run(["store", "purge"] + options)
            #expect(purged.status == 65)
            #expect(purged.output == "Purged nothing: a service is away.\n")
            #expect(purged.errors.hasPrefix("history is unavailable: "))
        }
        #expect(try workbench.bytes() == before)
    }

    // MARK: Stores that were put back

    @Test func `an inbox that was put back holds what it does not know`() throws {
        let putBack = try keep("customer")
        try order(6)
        try workbench.succeed("relay", "run", "--until-idle")
        try putBack()
        let purged = try workbench.succeed("store", "purge")
        #expect(
            purged.contains("customer: nothing purged: its store is older than others know it"))
        #expect(
            purged.contains("order: 1 message kept: order:6 is not known to customer"),
            "\(purged)")
        try workbench.succeed("store", "accept", "customer")
        #expect(
            try workbench.succeed("store", "purge").contains(
                "order: 1 message kept: order:6 is not known to customer"))
        #expect(
            try workbench.succeed("relay", "redeliver", "--to", "customer")
                == "1 message pending again for customer: customer 0, order 1, history 0.")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("customer", "show", "1").contains("reserved      15.00"))
        try expectSound()
        try workbench.succeed("store", "purge")
        #expect(try workbench.succeed("outbox", "list") == "No messages.")
        try expectSound()
    }

    @Test func `an outbox from before a purge, grown again, loses no new order`() throws {
        let putBack = try keep("order")
        for total in 6...9 { try order(total) }
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("store", "purge")
        try putBack()
        // The same numbers as those that the others have purged.
        for total in 11...14 { try order(total, saga: "orchestration") }
        let refused = try workbench.run("relay", "run")
        #expect(refused.status == 65)
        #expect(refused.errors.hasPrefix("error[store-rolled-back]: the order store"))
        let held = try workbench.succeed("store", "purge")
        #expect(held.contains("order: nothing purged: its store is older than others know it"))
        let accepted = try workbench.succeed("store", "accept", "order", "--json")
        for number in 6...13 {
            #expect(accepted.contains(#"{"from":"order:\#(number)","to":"#), "\(accepted)")
        }
        #expect(!accepted.contains(#"{"from":"order:5""#), "what was known keeps its number")
        try workbench.succeed("relay", "redeliver", "--to", "order")
        let relayed = try workbench.succeed("relay", "run", "--until-idle")
        #expect(!relayed.contains("duplicate  it was"), "no new message is taken for an old one")
        for order in 3...6 {
            #expect(try workbench.succeed("order", "show", "\(order)").contains("APPROVED"))
        }
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        try workbench.succeed("store", "purge")
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `an outbox from before its deliveries brings nothing twice`() throws {
        try order(6)
        let putBack = try keep("order")
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("store", "purge")
        let reserved = try workbench.succeed("customer", "show", "1")
        try putBack()
        #expect(try workbench.run("relay", "run").status == 65)
        try workbench.succeed("store", "accept", "order")
        try workbench.succeed("relay", "redeliver", "--to", "order")
        let relayed = try workbench.succeed("relay", "run", "--until-idle")
        #expect(relayed.contains("-> customer  duplicate"), "\(relayed)")
        #expect(relayed.contains("-> history   duplicate"), "\(relayed)")
        #expect(try workbench.succeed("customer", "show", "1") == reserved)
        // The answer was purged with all others: what is lost is told, and is no violation.
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost) order 3 is PENDING"), "\(check.output)")
    }

    @Test func `a store from right before a purge fits the others`() throws {
        let putBack = try keep("order")
        try workbench.succeed("store", "purge")
        try putBack()
        try expectSound()
        try order(6)
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "3").contains("APPROVED"))
        try expectSound()
        #expect(try workbench.succeed("store", "purge").contains("order            7"))
        try expectSound()
    }

    @Test func `an inbox from right before a purge fits the others`() throws {
        let putBack = try keep("history")
        try workbench.succeed("store", "purge")
        try putBack()
        try expectSound()
        try order(6)
        try workbench.succeed("relay", "run", "--until-idle")
        try expectSound()
        try workbench.succeed("store", "purge")
        try expectSound()
    }

    @Test func `redelivering, rebuilding and restoring still work`() throws {
        let backup = workbench.directory.file("backup")
        try workbench.succeed("store", "backup", backup)
        try workbench.succeed("store", "purge")
        for subscriber in ["customer", "order", "history"] {
            #expect(
                try workbench.succeed("relay", "redeliver", "--to", subscriber).hasPrefix(
                    "0 messages pending again"))
        }
        #expect(
            try workbench.succeed("store", "accept", "order")
                == "The order store fits the others: nothing was changed.")
        try expectSound()
        let refused = try workbench.run("history", "rebuild")
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[history-incomplete]"))
        try order(6)
        try workbench.succeed("history", "rebuild", "--incomplete")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("history", "show", "1").contains("3      APPROVED   6.00"))
        try expectSound()

        let later = workbench.directory.file("later")
        try workbench.succeed("store", "backup", later)
        try workbench.succeed("store", "purge")
        for copy in [later, backup] {
            try workbench.succeed("store", "restore", copy, "--yes")
            try workbench.succeed("relay", "run", "--until-idle")
            try expectSound()
            try order(1)
            try workbench.succeed("relay", "run", "--until-idle")
            try workbench.succeed("store", "purge")
            try expectSound()
        }
    }
}
