import TestSupport
import Testing

/// `tram subscriber`: who handles messages, and who no longer does.
@Suite struct SubscriberCommandTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
    }

    @Test func `subscribers are listed, and begin with the first relay`() throws {
        #expect(
            try workbench.succeed("subscriber", "list") == """
                SUBSCRIBER  SERVICE   HANDLED  PARKED  PROGRAM  BEGINS
                customer    customer        0       0  known    -
                order       order           0       0  known    -
                history     history         0       0  known    -
                """)
        try workbench.succeed("relay", "run", "--dry-run")
        #expect(
            try workbench.succeed("subscriber", "list", "--json").hasPrefix(
                #"[{"subscriber":"customer","service":"customer","begins":[],"#))
        try workbench.succeed("relay", "run", "--until-idle", "-q")
        #expect(
            try workbench.succeed("subscriber", "list") == """
                SUBSCRIBER  SERVICE   HANDLED  PARKED  PROGRAM  BEGINS
                customer    customer        1       0  known    beginning
                order       order           1       0  known    beginning
                history     history         3       0  known    beginning
                """)
        #expect(try workbench.succeed("subscriber", "list", "-q") == "customer\norder\nhistory")
        #expect(
            try workbench.succeed("subscriber", "list", "--json").hasPrefix(
                #"[{"subscriber":"customer","service":"customer","begins":[{"source":"customer","#
                    + #""begins":"beginning","after":null},"#))
    }

    /// Lets the order's store know of a subscriber that was there before.
    private func makeFormer() throws {
        try workbench.succeed("relay", "run", "--until-idle", "-q")
        try tamper(
            with: workbench.data + "/history.db",
            """
            INSERT INTO subscription VALUES ('audit', 'order', 'now', 1, 0, NULL);
            INSERT INTO purged_inbox VALUES ('audit', 'order', 1);
            INSERT INTO received_messages (consumer_id, message_id, creation_time)
            VALUES ('audit', 'order:2', 0)
            """)
        try tamper(
            with: workbench.data + "/order.db",
            """
            INSERT INTO dead_letter VALUES (2, 'audit', 'Order', '1', 5, 'it failed', 1, 0);
            UPDATE message SET published = 0, aside = 1 WHERE id = 2
            """)
    }

    @Test func `one that two stores know is listed for each, and its dead letters once`() throws {
        try makeFormer()
        try tamper(
            with: workbench.data + "/customer.db",
            "INSERT INTO subscription VALUES ('audit', 'order', 'now', 1, 0, NULL)")
        let lines = try workbench.run("subscriber", "list").lines.filter { $0.hasPrefix("audit") }
        #expect(
            lines.map { $0.split(separator: " ").dropFirst().prefix(3).joined(separator: " ") }
                == ["customer 0 1", "history 1 0"])
        #expect(
            try workbench.succeed("subscriber", "list", "-q").split(separator: "\n").sorted()
                == ["audit", "customer", "history", "order"])
    }

    @Test func `one that the program no longer has is told and removed, and holds nothing back`()
        throws
    {
        try makeFormer()
        #expect(
            try workbench.succeed("subscriber", "list").hasSuffix(
                "\naudit       history         1       1  unknown  after order:1"))
        #expect(try workbench.run("store", "check").status == 1)
        let asked = try workbench.run("subscriber", "remove", "audit")
        #expect(asked.status == 64)
        #expect(asked.errors.hasPrefix("error[confirmation-needed]: this forgets a subscriber"))
        #expect(
            try workbench.succeed("subscriber", "remove", "audit", "--yes")
                == "Removed the subscriber audit: 1 message handled, 1 parked.")
        #expect(try !workbench.succeed("subscriber", "list").contains("audit"))
        try workbench.succeed("relay", "run", "--until-idle", "-q")
        #expect(try workbench.succeed("relay", "status", "--json").contains(#""parked":0,"#))
        #expect(try workbench.run("store", "check").status == 0)
        #expect(try workbench.succeed("store", "purge").contains("order            2"))
        let again = try workbench.run("subscriber", "remove", "audit", "--yes", "--json")
        #expect(again.status == 1)
        #expect(again.errors.contains(#""code":"subscriber-not-found""#))
    }

    @Test func `its JSON tells the same`() throws {
        try makeFormer()
        #expect(
            try workbench.succeed("subscriber", "remove", "audit", "--yes", "--json")
                == #"{"subscriber":"audit","handled":1,"parked":1,"stashed":0}"#)
    }

    @Test func `stashed commands go with it, and that is said`() throws {
        try makeFormer()
        try tamper(
            with: workbench.data + "/customer.db",
            """
            INSERT INTO received_messages (consumer_id, message_id, creation_time)
            VALUES ('hotel', 'order:2', 0);
            INSERT INTO saga_stash_table
                (message_id, target, saga_type, saga_id, message_type, destination, partition_id,
                 message_headers, message_payload)
            VALUES ('order:2', 'Room/1', 'Trip', '1', 'ReserveRoom', 'hotel', '1', '{}', '{}')
            """)
        let removed = try workbench.run("subscriber", "remove", "hotel", "--yes")
        #expect(removed.status == 0)
        #expect(
            removed.output
                == "Removed the subscriber hotel: 1 message handled, 0 parked, 1 stashed.\n")
        #expect(try workbench.run("subscriber", "remove", "hotel", "--yes").status == 1)
        #expect(
            try shell(
                "sqlite3 -readonly '\(workbench.data)/customer.db' "
                    + "'SELECT count(*) FROM saga_stash_table'"
            ).output == "0\n")
    }

    @Test func `before its first relay a new subscriber has missed nothing`() throws {
        try workbench.succeed("relay", "run", "--until-idle", "-q")
        // As if it were deployed only now, with its tables filled.
        let forget = """
            DELETE FROM received_messages WHERE consumer_id = 'history';
            DELETE FROM purged_inbox WHERE consumer_id = 'history'
            """
        try tamper(with: workbench.data + "/history.db", forget)
        let lost = try workbench.run("store", "check")
        #expect(lost.status == 1)
        #expect(lost.output.contains("order:1 is published, and history has not handled it"))
        try tamper(
            with: workbench.data + "/history.db",
            "UPDATE subscription SET missed_after = 1 WHERE source = 'order'")
        let missed = try workbench.run("store", "check").output
        #expect(missed.contains("order:1 is published, and history has not handled it"))
        #expect(!missed.contains("order:2 is published, and history has not handled it"))
        try tamper(with: workbench.data + "/history.db", "DELETE FROM subscription")
        let emptied = try workbench.run("store", "check")
        #expect(emptied.status == 1, "rows that are gone are not excused")
        #expect(emptied.output.contains("order:1 is published, and history has not handled it"))
        // Nobody has ever delivered to it.
        try tamper(with: workbench.data + "/history.db", "DELETE FROM source_position")
        for source in ["customer", "order"] {
            try tamper(
                with: workbench.data + "/\(source).db",
                "DELETE FROM subscriber_position WHERE service = 'history'")
        }
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(
            check.output.contains(
                "ok        a message is published when every subscriber has handled it, not before\n"
            ))
    }

    @Test(arguments: ["customer", "order", "history"])
    func `an inbox that was emptied by mistake is told`(service: String) throws {
        try workbench.succeed("relay", "run", "--until-idle", "-q")
        #expect(try workbench.run("store", "check").status == 0)
        try tamper(
            with: workbench.data + "/\(service).db",
            "DELETE FROM received_messages; DELETE FROM purged_inbox; DELETE FROM subscription")
        let check = try workbench.run("store", "check")
        #expect(check.status == 1)
        #expect(check.output.contains(" is published, and \(service) has not handled it"))
    }

    /// Lets the history's store know of a subscriber that has begun, and that the program does not have.
    private func publishWithoutAudit() throws {
        try tamper(
            with: workbench.data + "/history.db",
            "INSERT INTO subscription VALUES ('audit', 'order', 'beginning', 0, 0, NULL)")
        try workbench.succeed("relay", "run", "--until-idle", "-q")
    }

    private func messagesOfOrders() throws -> String {
        try shell("sqlite3 -readonly '\(workbench.data)/order.db' 'SELECT count(*) FROM message'")
            .output
    }

    @Test(arguments: ["store", "outbox"])
    func `what was published without one is kept from a purge until it is removed`(
        command: String
    ) throws {
        try publishWithoutAudit()
        let line =
            "order: 2 messages kept: order:1 was published without audit, "
            + "which the program no longer has"
        #expect(try workbench.succeed(command, "purge").contains(line))
        #expect(try messagesOfOrders() == "2\n")
        #expect(
            try workbench.succeed(command, "purge", "--json").contains(
                #"{"store":"order","what":"messages","count":2,"reason":"missed","#
                    + #""message":"order:1","saga":null,"at":"audit"}"#))
        try workbench.succeed("subscriber", "remove", "audit", "--yes")
        #expect(try !workbench.succeed(command, "purge").contains("kept"))
        #expect(try messagesOfOrders() == "0\n")
    }

    @Test(arguments: ["customer", "order", "history"])
    func `one of the program is not removed`(id: String) throws {
        for yes in [["--yes"], []] {
            let refused = try workbench.run(["subscriber", "remove", id] + yes)
            #expect(refused.status == 1)
            #expect(refused.errors.hasPrefix("error[subscriber-in-use]: the subscriber '\(id)'"))
            #expect(refused.errors.contains("help: take it out of the program first"))
        }
    }

    @Test func `what nobody receives is no subscriber's`() throws {
        try tamper(
            with: workbench.data + "/order.db",
            "INSERT INTO dead_letter VALUES (1, '', 'Order', '1', 5, 'it failed', 1, 0)")
        let refused = try workbench.run("subscriber", "remove", "", "--yes")
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[subscriber-not-found]"))
        #expect(try workbench.succeed("deadletter", "list", "-q") == "order:1")
        #expect(try workbench.succeed("subscriber", "list", "-q") == "customer\norder\nhistory")
    }

    @Test func `while a service is away, the rest is done`() throws {
        try makeFormer()
        try tamper(with: workbench.data + "/order.db", "PRAGMA user_version = 99001")
        let unknown = try workbench.run("subscriber", "remove", "nobody", "--yes")
        #expect(unknown.status == 78, "\(unknown.errors)")
        #expect(unknown.output == "")
        let result = try workbench.run("subscriber", "remove", "audit", "--yes")
        #expect(result.status == 78, "\(result.errors)")
        try tamper(with: workbench.data + "/order.db", "PRAGMA user_version = 5001")
        #expect(
            try workbench.succeed("subscriber", "list").hasSuffix(
                "\naudit       -               0       1  unknown  -"))
        try workbench.succeed("subscriber", "remove", "audit", "--yes")
        #expect(try !workbench.succeed("subscriber", "list").contains("audit"))
    }
}
