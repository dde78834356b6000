import Foundation
import TestSupport
import Testing
import Tram

/// Stores that older versions made go on. The fixtures were made by those programs: version 0.1.0, and
/// the last ones whose library tables had versions 2, 3 and 4.
@Suite struct MigrationTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func unpack(_ name: String, of version: String = "0.1.0") throws -> String {
        let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Fixtures/stores-\(version)-\(name).tar.gz").path
        let result = try ChildProcess("tar", ["-xzf", archive, "-C", directory.path]).wait()
        try #require(result.status == 0, "\(result.errors)")
        return directory.file(name)
    }

    /// After which messages a subscriber has missed some.
    private func missedAfter(by subscriber: String, in data: String) throws -> String {
        try shell(
            "sqlite3 -readonly '\(data)/order.db' \"SELECT source || ' ' || missed_after "
                + "FROM subscription WHERE consumer_id = '\(subscriber)' ORDER BY source\""
        ).output
    }

    @Test(arguments: ["at-rest", "purged", "in-flight"])
    func `stores of version 0.1.0 keep all they hold`(name: String) throws {
        let data = try unpack(name)
        let check = try tram(["store", "check", "--data-dir", data])
        #expect(check.status == 0, "\(check.output)")
        let relayed = try tram(["relay", "run", "--until-idle", "--quiet", "--data-dir", data])
        #expect(relayed.status == 0, "\(relayed.errors)")
        let after = try tram(["store", "check", "--data-dir", data])
        #expect(after.output.hasSuffix("19 rules checked, 0 violations found.\n"))
        let orders = try tram(["order", "list", "--data-dir", data]).output
        #expect(orders.contains("3      2         REJECTED"), "\(orders)")
        #expect(!orders.contains("PENDING"))
    }

    @Test func `messages pending and sagas in flight of version 0.1.0 are gone on with`() throws {
        let data = try unpack("in-flight")
        let before = try tram(["saga", "list", "--data-dir", data]).output
        #expect(before.contains("9      orchestration  running             2  reserve credit"))
        let relayed = try tram(["relay", "run", "--until-idle", "--data-dir", data])
        #expect(relayed.output.contains("CreateOrderSaga 3: reserve credit done, approve order"))
        #expect(
            relayed.output.hasSuffix("0 failed. 0 messages pending.\n"), "\(relayed.output)")
        let ended = try tram(["saga", "show", "9", "--data-dir", data]).output
        #expect(ended.hasPrefix("Saga of order 9: rolled-back"), "the limit is used up")
    }

    @Test func `failures of before dead letters count, and all else goes on`() throws {
        let data = try unpack("in-flight", of: "library-2")
        let relayed = try tram(["relay", "run", "--until-idle", "--data-dir", data])
        #expect(relayed.status == 1)
        #expect(relayed.output.contains("order:17 OrderApproved  -> history   ok"))
        #expect(
            try tram(["outbox", "list", "--data-dir", data]).output.contains(
                "order:15    failed(3)"))
        for _ in 4...5 { _ = try tram(["relay", "run", "--data-dir", data]) }
        let letters = try tram(["deadletter", "list", "-q", "--data-dir", data]).output
        #expect(letters == "order:15\norder:15\n")
        let discarded = try tram(["deadletter", "discard", "--all", "--yes", "--data-dir", data])
        #expect(discarded.status == 0)
        #expect(try tram(["relay", "run", "--until-idle", "--data-dir", data]).status == 0)
        #expect(try tram(["store", "purge", "--data-dir", data]).status == 0)
        let check = try tram(["store", "check", "--data-dir", data])
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost) order 7 is PENDING"))
    }

    @Test func `sagas whose steps are numbers, and dead letters, go on`() throws {
        let data = try unpack("in-flight", of: "library-3")
        let before = try tram(["saga", "list", "--data-dir", data]).output
        #expect(before.contains("11     orchestration  running             2  reserve credit"))
        let letters = try tram(["deadletter", "list", "-q", "--data-dir", data]).output
        #expect(letters == "order:18\norder:18\n")
        let relayed = try tram(["relay", "run", "--until-idle", "--data-dir", data])
        #expect(relayed.status == 0, "\(relayed.errors)")
        #expect(relayed.output.contains("reserve credit done, approve order done, completed"))
        #expect(relayed.output.hasSuffix("0 failed. 0 messages pending, 1 parked.\n"))
        let ended = try tram(["saga", "show", "11", "--data-dir", data]).output
        #expect(ended.hasPrefix("Saga of order 11: rolled-back"), "the limit is used up")
        let json = try tram(["saga", "show", "11", "--json", "--data-dir", data]).output
        #expect(json.hasSuffix(#","version":1,"abandoned":false}"# + "\n"), "it has a version now")
        #expect(json.contains(#""event":"requested","step":"reserve credit""#), "as a number")
    }

    /// Orders of both kinds in flight, a parked message, a saga whose command was discarded, one whose
    /// command an operator has sent again, and a subscriber that the program no longer has and that has
    /// missed messages.
    @Test func `operators' decisions and subscribers that are gone, go on`() throws {
        let data = try unpack("in-flight", of: "library-4")
        let before = try tram(["saga", "list", "--data-dir", data]).output
        #expect(
            before.contains("9      orchestration  running             2  reserve credit  stuck"))
        #expect(
            try tram(["subscriber", "list", "--data-dir", data]).output.contains(
                "audit       order           1       0  unknown  beginning\n"))
        let letters = try tram(["deadletter", "list", "-q", "--data-dir", data]).output
        #expect(letters == "order:21\norder:21\n")
        let decided = try tram(["saga", "show", "5", "--data-dir", data]).output
        #expect(decided.contains("resent     reserve credit  the command was damaged\n"))
        let missed = try missedAfter(by: "audit", in: data)
        let relayed = try tram(["relay", "run", "--until-idle", "--data-dir", data])
        #expect(relayed.status == 0, "\(relayed.errors)")
        #expect(relayed.output.hasSuffix("0 failed. 0 messages pending, 1 parked.\n"))
        #expect(missed == "customer 7\nhistory 0\norder 20\n")
        #expect(try missedAfter(by: "audit", in: data) == missed)
        for command in [
            ["saga", "resend", "9", "--reason", "it was discarded", "--yes"],
            ["deadletter", "discard", "--all", "--yes"], ["relay", "run", "--until-idle"],
            ["subscriber", "remove", "audit", "--yes"],
        ] {
            let result = try tram(command + ["--data-dir", data])
            #expect(result.status == 0, "\(command): \(result.errors)")
        }
        let ended = try tram(["saga", "list", "--data-dir", data]).output
        #expect(ended.contains("9      orchestration  completed"))
        #expect(ended.contains("11     orchestration  rolled-back"), "the limit is used up")
        #expect(ended.contains("14     orchestration  rolled-back"), "there is no such customer")
        let check = try tram(["store", "check", "--data-dir", data])
        #expect(check.status == 0, "\(check.output)")
    }

    @Test(arguments: [
        ("at-rest", "0.1.0"), ("in-flight", "library-2"), ("in-flight", "library-3"),
        ("in-flight", "library-4"),
    ])
    func `subscribers of before have begun, and get nothing anew`(
        name: String, version: String
    ) throws {
        let data = try unpack(name, of: version)
        let before = try tram(["outbox", "list", "--pending", "-q", "--data-dir", data]).output
        let handled = try tram(["inbox", "list", "-q", "--data-dir", data]).lines.count
        let dry = try tram(["relay", "run", "--dry-run", "--json", "--data-dir", data]).output
        let messages = before.split(separator: "\n").count
        if messages == 0 { #expect(dry.contains(#""idle":true"#), "\(dry)") }
        _ = try tram(["relay", "run", "--json", "--data-dir", data])
        let list = try tram(["subscriber", "list", "--data-dir", data]).output
        #expect(list.components(separatedBy: "  known    beginning\n").count == 4, "\(list)")
        #expect(try tram(["inbox", "list", "-q", "--data-dir", data]).lines.count >= handled)
    }

    @Test func `after the migration the schema is not compared any more`() throws {
        let data = try unpack("in-flight", of: "library-3")
        #expect(try tram(["order", "list", "--data-dir", data]).status == 0)
        let digest = try shell(
            "sqlite3 -readonly '\(data)/order.db' 'SELECT schema_digest IS NOT NULL "
                + "FROM store_identity'")
        #expect(digest.output == "1\n")
    }

    @Test func `what version 0.1.0 has handled is not handled again, and protected from now on`()
        throws
    {
        let data = try unpack("at-rest")
        try FileManager.default.copyItem(atPath: data, toPath: directory.file("old"))
        try tamper(with: data + "/order.db", "UPDATE message SET published = 0 WHERE id > 16")
        let relayed = try tram(["relay", "run", "--data-dir", data]).output
        #expect(relayed.contains("3 messages, 4 deliveries, 4 duplicates, 0 failed."), "\(relayed)")
        let created = try tram(
            ["order", "create", "--customer-id", "1", "--order-total", "1", "--data-dir", data])
        #expect(created.status == 0)
        #expect(try tram(["relay", "run", "--until-idle", "-q", "--data-dir", data]).status == 0)
        // A copy that version 0.1.0 has made is noticed, too.
        for suffix in ["", "-wal"] {
            try FileManager.default.removeItem(atPath: data + "/order.db" + suffix)
            try FileManager.default.copyItem(
                atPath: directory.file("old/order.db" + suffix),
                toPath: data + "/order.db" + suffix)
        }
        try? FileManager.default.removeItem(atPath: data + "/order.db-shm")
        let refused = try tram(["relay", "run", "--data-dir", data])
        #expect(refused.status == 65)
        #expect(refused.errors.hasPrefix("error[store-rolled-back]"))
    }

    @Test func `a copy that was put back before the migration is noticed when it has grown`() throws
    {
        let data = try unpack("at-rest")
        try tamper(
            with: data + "/order.db",
            """
            DELETE FROM message WHERE id > 12;
            UPDATE sqlite_sequence SET seq = 12 WHERE name = 'message'
            """)
        for _ in 1...8 {
            let created = try tram(
                ["order", "create", "--customer-id", "1", "--order-total", "1", "--data-dir", data])
            #expect(created.status == 0)
        }
        let refused = try tram(["relay", "run", "--data-dir", data])
        #expect(refused.status == 65, "\(refused.output)")
        #expect(refused.errors.hasPrefix("error[store-rolled-back]: the order store"))
        let accepted = try tram(["store", "accept", "order", "--data-dir", data])
        #expect(accepted.output.contains("order:13 is now order:21"), "\(accepted.output)")
        #expect(try tram(["relay", "run", "--until-idle", "-q", "--data-dir", data]).status == 0)
    }

    @Test func `version 0.1.0 refuses the stores as too new`() throws {
        let data = try unpack("at-rest")
        let before = try StoreFile(path: data + "/order.db").userVersion()
        #expect(before == 1, "the highest that version 0.1.0 knows: for more it exits with 78")
        #expect(try tram(["relay", "run", "--data-dir", data]).status == 0)
        for service in ["customer", "order", "history"] {
            #expect(try StoreFile(path: data + "/\(service).db").userVersion() > 1)
        }
    }

    @Test func `while another process has a store open, it is not migrated`() throws {
        let data = try unpack("in-flight")
        let holder = try StoreFile(path: data + "/order.db")
        // Not read by this process: closing the file would drop the holder's lock.
        func bytes() throws -> String {
            try ChildProcess("cksum", ["", "-wal"].map { data + "/order.db" + $0 }).wait().output
        }
        let before = try bytes()
        for command in [
            ["order", "list"],
            [
                "order", "create", "--customer-id", "1",
                "--order-total", "1",
            ], ["order", "show", "1"],
        ] {
            let result = try tram(command + ["--data-dir", data, "--lock-timeout", "100ms"])
            #expect(result.status == 75, "\(command)")
            #expect(result.errors.contains("open in another process"), "\(result.errors)")
        }
        #expect(try bytes() == before)
        try holder.use()
        holder.close()
        #expect(try tram(["order", "list", "--data-dir", data]).status == 0)
    }
}
