import Foundation
import TestSupport
import Testing

/// What the operating system refuses is told as what it is: no room, no right, or a failure that may
/// be gone the next time. Only what was really read can be called damaged.
@Suite(.enabled(if: FaultLibrary.isAvailable))
struct FaultTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
    }

    private static let create = ["customer", "create", "--name", "y", "--credit-limit", "5"]
    private static let show = ["order", "show", "1"]
    private static let relay = ["relay", "run"]

    private func expect(
        _ fault: Fault, _ command: [String], _ code: String, _ status: Int32,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try workbench.run(command, with: fault)
        #expect(result.status == status, "\(fault)", sourceLocation: sourceLocation)
        #expect(
            result.errors.hasPrefix("error[\(code)]: "), "\(fault): \(result.errors)",
            sourceLocation: sourceLocation)
        #expect(result.output == "", sourceLocation: sourceLocation)
        // It was not the stores' fault.
        #expect(try workbench.run("store", "check").status == 0, sourceLocation: sourceLocation)
    }

    @Test(arguments: [EIO, ENXIO, ERANGE, ENOMEM])
    func `a read that fails is no damage`(code: Int32) throws {
        try expect(Fault("read", "order.db-wal", code), Self.show, "io-error", 74)
        for store in ["customer.db", "order.db", "history.db"] {
            try tamper(with: workbench.data + "/" + store, "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        // The header, the schema, the tables.
        for number in 1...6 {
            try expect(
                Fault("read", "order.db", code, number: number), Self.show, "io-error", 74)
        }
    }

    @Test(arguments: ["customer.db-wal", "customer.db-shm"])
    func `a write that fails is a full disk only for want of room`(file: String) throws {
        for (code, name, status) in [
            (EIO, "io-error", 74), (ENOSPC, "disk-full", 73), (EDQUOT, "disk-full", 73),
            (EFBIG, "disk-full", 73),
        ] as [(Int32, String, Int32)] {
            try? FileManager.default.removeItem(atPath: workbench.data + "/customer.db-shm")
            try expect(Fault("write", file, code), Self.create, name, status)
        }
        #expect(try !workbench.succeed("customer", "list", "--json").contains(#""customerId":2"#))
    }

    @Test(arguments: [
        ("write", "customer.db-wal", ENOSPC), ("write", "customer.db-wal", EIO),
        ("sync", "customer.db-wal", EIO), ("write", "history.db-wal", ENOSPC),
        ("write", "order.db-wal", ENOSPC), ("read", "customer.db-wal", EIO),
    ])
    func `a disk that fails is no attempt of a delivery`(
        call: String, file: String, code: Int32
    ) throws {
        try workbench.run("relay", "run", "--service", "customer")
        for _ in 1...3 {
            let result = try workbench.run(
                Self.relay + ["--max-attempts", "1"], with: Fault(call, file, code))
            #expect([73, 74].contains(result.status), "\(result.errors)")
        }
        let status = try workbench.succeed("relay", "status", "--json")
        #expect(status.contains(#""failed":0,"next":{"message":"order:1""#), "\(status)")
        #expect(status.contains(#""parked":0,"stuck""#))
        try workbench.succeed("relay", "run", "--until-idle", "--max-attempts", "1")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
    }

    @Test func `a store that is locked is no attempt of a delivery`() throws {
        let holder = try ForeignWriter(workbench.data + "/customer.db")
        for _ in 1...2 {
            let result = try workbench.run(
                "relay", "run", "--max-attempts", "1", "--lock-timeout", "50ms")
            #expect(result.status == 75, "\(result.errors)")
        }
        withExtendedLifetime(holder) {}
        let status = try workbench.succeed("relay", "status", "--json")
        #expect(
            !status.contains(#""failed":1"#) && status.contains(#""parked":0,"stuck""#), "\(status)"
        )
    }

    @Test func `a log that cannot be synchronized leaves the last transaction uncertain`() throws {
        let result = try workbench.run(Self.create, with: Fault("sync", "customer.db-wal", EIO))
        #expect(result.status == 74)
        #expect(result.errors.contains("whether the last one does is not certain"))
    }

    @Test(
        arguments: ["order.db", "order.db-wal", "order.db-shm", "order.db-lock", "relay-lock"])
    func `an open that fails is a matter of permissions only when it is one`(file: String) throws {
        for code in [EMFILE, ENFILE, EIO, ENOMEM] {
            try expect(Fault("open", file, code), Self.relay, "io-error", 74)
        }
        for code in [EACCES, EPERM, EROFS] {
            try expect(Fault("open", file, code), Self.relay, "store-readonly", 73)
        }
    }

    @Test func `a directory that cannot be made is told with the reason`() throws {
        for (code, name, status) in [
            (EMFILE, "io-error", 74), (EACCES, "store-readonly", 73), (ENOSPC, "disk-full", 73),
        ] as [(Int32, String, Int32)] {
            let empty = try Workshop()
            let result = try empty.run(Self.create, with: Fault("open", "creation-lock", code))
            #expect(result.status == status)
            #expect(result.errors.hasPrefix("error[\(name)]: "), "\(result.errors)")
        }
        try expect(Fault("open", "tram-format", EMFILE), Self.show, "io-error", 74)
    }

    @Test func `a stat that fails does not tell that a file is missing or was replaced`() throws {
        var failed = 0
        for number in 1...9 {
            let fault = Fault("stat", "order.db", EIO, number: number)
            let result = try workbench.run(Self.show, with: fault)
            #expect([0, 74].contains(result.status), "\(fault): \(result.errors)")
            failed += result.status == 74 ? 1 : 0
        }
        #expect(failed > 1)
    }

    @Test(arguments: [3, 4, 5, 6])
    func `too few descriptors are told, and nothing else is done instead`(count: Int) throws {
        let result = try shell(
            "ulimit -n \(count); exec '\(TramProcess.program)' order show 1 "
                + "--data-dir '\(workbench.data)'")
        // With very few a program that is linked dynamically does not even start.
        if result.status == 127 { return }
        #expect(result.status == 74, "\(result.errors)")
        #expect(result.errors.hasPrefix("error[io-error]: "), "\(result.errors)")
        #expect(result.output == "")
    }

    @Test func `the directory is synced when stores are created`() throws {
        let parent = try Workshop()
        let log = parent.directory.file("syncs")
        let made = try tram(
            Self.create + ["--data-dir", parent.data],
            environment: FaultLibrary.environment(loggingSyncsTo: log))
        #expect(made.status == 0, "\(made.errors)")
        let paths = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            .map(String.init)
        // The marker says that the stores are there, so their names must be durable before it.
        let marker = try #require(paths.firstIndex { $0.hasSuffix("tram-format.new") })
        #expect(paths[marker - 1] == parent.data, "\(paths)")
        #expect(paths[..<marker].contains(parent.directory.path), "the directory's own name")
        #expect(paths[marker + 1] == parent.data, "the marker's name")
    }
}
