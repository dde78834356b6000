import TestSupport
import Testing

/// `tram subscriber`: who handles messages, and who no longer does.
@Suite struct SubscriberCommandTests {
    let workbench: Workbench

    init() throws {
        workbench = try Workbench()
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
                == #"{"subscriber":"audit","handled":1,"parked":1}"#)
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
        try tamper(with: workbench.data + "/order.db", "PRAGMA user_version = 4001")
        #expect(
            try workbench.succeed("subscriber", "list").hasSuffix(
                "\naudit       -               0       1  unknown  -"))
        try workbench.succeed("subscriber", "remove", "audit", "--yes")
        #expect(try !workbench.succeed("subscriber", "list").contains("audit"))
    }
}
