import Foundation
import TestSupport
import Testing

/// A store that is not as it should be stops the command, with nothing changed anywhere.
@Suite struct DamagedStoreTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
    }

    private var orders: String { workbench.data + "/order.db" }

    /// Expects every command that needs the Order Service's store to be refused, and those that can go
    /// on without it to say that it is away.
    private func expectRefused(
        _ code: String, _ status: Int32, isAway: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func orderFiles() throws -> [String: Data] {
            try workbench.bytes().filter { $0.key.hasPrefix("order.db") }
        }
        let before = try orderFiles()
        for command in [
            ["order", "create", "--customer-id", "1", "--order-total", "1"],
            ["order", "show", "1"], ["order", "cancel", "1"], ["history", "rebuild"],
        ] {
            let result = try workbench.run(command)
            #expect(result.status == status, "\(command)", sourceLocation: sourceLocation)
            #expect(
                result.errors.hasPrefix("error[\(code)]: "), "\(command): \(result.errors)",
                sourceLocation: sourceLocation)
            #expect(result.output == "", sourceLocation: sourceLocation)
        }
        for command in [
            ["relay", "run"], ["relay", "run", "--dry-run"], ["relay", "status"],
            ["store", "status"], ["store", "check"], ["outbox", "list"], ["inbox", "list"],
            ["outbox", "purge"], ["store", "purge"],
        ] {
            let result = try workbench.run(command)
            #expect(result.status == status, "\(command)", sourceLocation: sourceLocation)
            let beginning = isAway ? "order is unavailable: " : "error[\(code)]: "
            #expect(
                result.errors.hasPrefix(beginning), "\(command): \(result.errors)",
                sourceLocation: sourceLocation)
            #expect(result.output.isEmpty != isAway, sourceLocation: sourceLocation)
        }
        #expect(try orderFiles() == before, sourceLocation: sourceLocation)
        // The other services go on.
        #expect(
            try workbench.run("customer", "show", "1").status == 0, sourceLocation: sourceLocation)
    }

    @Test func `a missing store file is damage`() throws {
        for suffix in ["", "-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: orders + suffix)
        }
        try expectRefused("store-damaged", 65)
    }

    @Test func `an empty store file is damage`() throws {
        for suffix in ["-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: orders + suffix)
        }
        try Data().write(to: URL(fileURLWithPath: orders))
        try expectRefused("store-damaged", 65)
    }

    @Test func `a file that is no database is damage`() throws {
        for suffix in ["-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: orders + suffix)
        }
        try Data(repeating: 65, count: 10_000).write(to: URL(fileURLWithPath: orders))
        try expectRefused("store-damaged", 65)
    }

    @Test func `another service's store is not taken for this one`() throws {
        try tamper(with: workbench.data + "/customer.db", "PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: orders + suffix)
        }
        let customers = try Data(contentsOf: URL(fileURLWithPath: workbench.data + "/customer.db"))
        try customers.write(to: URL(fileURLWithPath: orders))
        try expectRefused("store-foreign", 65, isAway: false)
    }

    @Test func `a store of a newer version is left to the newer tram`() throws {
        try tamper(with: orders, "PRAGMA user_version = 99")
        try expectRefused("store-too-new", 78)
    }

    @Test func `a changed schema is damage`() throws {
        try tamper(with: orders, "DROP INDEX orders_customer_idx")
        try expectRefused("store-damaged", 65)
    }

    @Test func `without its marker a directory is no store, and the next create goes on`() throws {
        try FileManager.default.removeItem(atPath: workbench.data + "/tram-format")
        for command in [["order", "list"], ["relay", "run"], ["store", "check"]] {
            let result = try workbench.run(command)
            #expect(result.status == 66)
            #expect(result.errors.hasPrefix("error[no-store]: "))
        }
        try workbench.succeed("customer", "create", "--name", "y", "--credit-limit", "5")
        #expect(try workbench.succeed("order", "list", "--json").contains(#""orderId":1"#))
    }

    @Test func `a newer directory is left to the newer tram`() throws {
        try Data("2\n".utf8).write(to: URL(fileURLWithPath: workbench.data + "/tram-format"))
        #expect(try workbench.run("order", "list").status == 78)
        #expect(
            try workbench.run("customer", "create", "--name", "y", "--credit-limit", "5").status
                == 78)
    }

    @Test func `where there is no store, nothing is made`() throws {
        let empty = try Workshop()
        for command in [
            ["order", "list"], ["relay", "run"], ["store", "status"], ["history", "rebuild"],
            ["outbox", "purge"], ["store", "purge"], ["inbox", "list"], ["order", "wait", "1"],
        ] {
            #expect(try empty.run(command).status == 66, "\(command)")
        }
        #expect(!FileManager.default.fileExists(atPath: empty.data))
    }

    @Test func `a file in the way of the directory is refused`() throws {
        let blocked = try Workshop()
        try Data().write(to: URL(fileURLWithPath: blocked.data))
        #expect(
            try blocked.run("customer", "create", "--name", "x", "--credit-limit", "1").status == 73
        )
        #expect(try blocked.run("order", "list").status == 66)
    }

    @Test func `a read-only directory can be read, and a write changes nothing`() throws {
        // Root may write anywhere, so as root these commands run as nobody.
        let program: String
        if getuid() == 0 {
            program = workbench.directory.file("tram")
            let copied = try ChildProcess("cp", [TramProcess.program, program]).wait()
            try #require(copied.status == 0)
        } else {
            program = TramProcess.program
        }
        func run(_ arguments: String...) throws -> ChildProcess.Result {
            let arguments = arguments + ["--data-dir", workbench.data]
            return getuid() == 0
                ? try ChildProcess(
                    "setpriv",
                    ["--reuid=65534", "--regid=65534", "--clear-groups", program] + arguments
                ).wait()
                : try ChildProcess(program, arguments).wait()
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: workbench.data)
        for file in files { chmod(workbench.data + "/" + file, 0o444) }
        chmod(workbench.data, 0o555)
        defer { chmod(workbench.data, 0o755) }
        let before = try workbench.bytes()

        let shown = try run("order", "show", "1")
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(try run("store", "check").status == 0)
        for result in try [
            run("customer", "create", "--name", "y", "--credit-limit", "5"), run("relay", "run"),
            run("history", "rebuild"), run("outbox", "purge"),
            run("store", "purge"), run("store", "purge", "--dry-run"),
        ] {
            #expect(result.status == 73, "\(result.errors)")
            #expect(result.errors.hasPrefix("error[store-readonly]: "), "\(result.errors)")
        }
        #expect(try workbench.bytes() == before)
    }

    @Test func `a write beyond the limit on files is undone, and told as a full disk`() throws {
        // A limit on the size of files makes the log's next page fail, like a full disk: the log is
        // longer already, the shared memory beside it is not. Its signal ends no command.
        let limited = try shell(
            "ulimit -f 40; exec '\(TramProcess.program)' customer create "
                + "--name y --credit-limit 5 --data-dir '\(workbench.data)'")
        #expect(limited.status == 73, "\(limited.errors)")
        #expect(limited.errors.hasPrefix("error[disk-full]"))
        #expect(limited.output == "")
        #expect(try !workbench.succeed("customer", "list", "--json").contains(#""customerId":2"#))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `rows that refer to nothing are found`() throws {
        try tamper(with: orders, "INSERT INTO delivery_failure VALUES (99, 'customer', 1, 'x')")
        let check = try workbench.run("store", "check")
        #expect(check.status == 1)
        #expect(
            check.output.contains(
                """
                violated  the file order.db is sound
                          - a row of delivery_failure refers to a row of message that is not there
                """))
    }

    @Test func `a page that is spoiled is found`() throws {
        try tamper(with: orders, "PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: orders))
        try file.seek(toOffset: 4096 * 2)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try file.close()
        let check = try workbench.run("store", "check")
        #expect(check.status == 1 || check.status == 65, "\(check.errors)")
        #expect((check.output + check.errors).contains("order.db"))
        #expect(try workbench.run("customer", "show", "1").status == 0)
    }

    @Test func `after a purge the view is not rebuilt`() throws {
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(
            try workbench.succeed("outbox", "purge")
                == "Purged 4 messages: customer 2, order 2, history 0.")
        let before = try workbench.succeed("history", "show", "1", "--json")
        let refused = try workbench.run("history", "rebuild")
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[history-incomplete]"))
        #expect(try workbench.succeed("history", "show", "1", "--json") == before)
        #expect(try workbench.run("store", "check").status == 0)
    }
}
