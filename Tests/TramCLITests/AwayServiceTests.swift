import Foundation
import Platform
import TestSupport
import Testing

/// A service whose store cannot be used is away, and the others go on.
@Suite struct AwayServiceTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "Jane", "--credit-limit", "50")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
    }

    private func remove(_ service: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(
                atPath: workbench.data + "/\(service).db\(suffix)")
        }
    }

    private func spoil(_ service: String) throws {
        try remove(service)
        try Data(repeating: 65, count: 10_000).write(
            to: URL(fileURLWithPath: workbench.data + "/\(service).db"))
    }

    @Test(arguments: [true, false])
    func `without the view orders are approved, and the view is made anew`(isMissing: Bool) throws {
        try workbench.succeed("relay", "run")
        try isMissing ? remove("history") : spoil("history")
        let pass = try workbench.run("relay", "run", "--until-idle")
        #expect(pass.status == 65)
        #expect(pass.errors.hasPrefix("history is unavailable: "))
        #expect(pass.output.contains("-> order     ok  order 1 APPROVED"))
        let idle = try workbench.run("relay", "run", "--json")
        #expect(idle.status == 65)
        #expect(idle.output.contains(#""idle":false,"unavailable":["history"],"parked":0}"#))
        #expect(idle.errors == "")

        // What has nothing to do with the view works as ever.
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        for command in [
            ["order", "list", "--json"], ["customer", "show", "1"], ["saga", "list"],
            ["saga", "show", "1"], ["order", "wait", "1"], ["order", "cancel", "1"],
            ["customer", "create", "--name", "y", "--credit-limit", "1"],
        ] {
            let result = try workbench.run(command)
            #expect(result.status == 0, "\(command): \(result.errors)")
            #expect(result.errors == "", "\(command)")
        }
        // What reads it too tells the rest, and that it is away.
        for command in [
            ["relay", "status"], ["outbox", "list"], ["inbox", "list"], ["store", "status"],
            ["store", "check"],
        ] {
            let result = try workbench.run(command)
            #expect(result.status == 65, "\(command)")
            #expect(result.errors.hasPrefix("history is unavailable: "), "\(command)")
            #expect(!result.output.isEmpty, "\(command)")
        }
        for command in [["history", "show", "1"], ["history", "list"]] {
            let result = try workbench.run(command)
            #expect(result.status == 65)
            #expect(result.errors.hasPrefix("error[store-damaged]"))
            #expect(result.errors.contains("help: rebuild the view: tram history rebuild"))
        }

        #expect(
            try workbench.succeed("history", "rebuild")
                == "Rebuilt the order history from 2 events.")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("history", "show", "1").contains("1      CANCELLED   4.00"))
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
    }

    @Test(arguments: ["customer", "order"])
    func `without a service the others' messages are delivered, and its own wait`(
        service: String
    ) throws {
        let kept = workbench.directory.file("kept")
        try FileManager.default.copyItem(atPath: workbench.data, toPath: kept)
        try remove(service)
        let pass = try workbench.run("relay", "run")
        #expect(pass.status == 65)
        #expect(pass.errors.hasPrefix("\(service) is unavailable: "))
        #expect(pass.output.contains("-> history   ok"))
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: kept + "/\(service).db\(suffix)",
                toPath: workbench.data + "/\(service).db\(suffix)")
        }
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a busy store is waited for once, and delays only its own`() throws {
        for _ in 1...5 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        }
        let lock = try FileLock(path: workbench.data + "/history.db-lock")
        try #require(try lock.acquire(waitingAtMost: 0))
        let start = MonotonicTime.now()
        let pass = try workbench.run("relay", "run", "--until-idle", "--lock-timeout", "1s")
        let waited = MonotonicTime.now() - start
        #expect(pass.status == 75)
        #expect(pass.errors.hasPrefix("history is unavailable: "))
        #expect(waited < 3500, "it was waited for once: \(waited) ms")
        #expect(
            try workbench.succeed("order", "list").components(separatedBy: "APPROVED").count == 7)
        lock.release()
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a store of a newer version is away, with its exit code`() throws {
        try tamper(with: workbench.data + "/history.db", "PRAGMA user_version = 99000")
        let pass = try workbench.run("relay", "run", "--until-idle")
        #expect(pass.status == 78)
        #expect(pass.output.contains("order 1 APPROVED"))
    }

    @Test func `a relay that watches notices who is back, and keeps the order`() throws {
        let lock = try FileLock(path: workbench.data + "/history.db-lock")
        try #require(try lock.acquire(waitingAtMost: 0))
        let relay = try workbench.start(
            "relay", "run", "--watch", "--quiet", "--lock-timeout", "50ms")
        while try workbench.succeed("order", "show", "1").hasPrefix("Order 1: PENDING") {}
        try workbench.succeed("order", "cancel", "1")
        while try workbench.succeed("customer", "show", "1").contains("reserved      4.00") {}
        lock.release()
        while try workbench.run("history", "show", "1").output.contains("CANCELLED") == false {}
        relay.send(SIGTERM)
        let result = try relay.wait()
        #expect(result.errors.components(separatedBy: "history is unavailable").count == 2)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a relay that watches takes up in vain nothing for a service that stays away`()
        throws
    {
        try remove("history")
        let relay = try workbench.start("relay", "run", "--watch")
        while try workbench.succeed("order", "show", "1").hasPrefix("Order 1: PENDING") {}
        // It has looked again in the meantime, more than once.
        let start = MonotonicTime.now()
        while MonotonicTime.now() < start + 2500 { try workbench.succeed("order", "list") }
        relay.send(SIGTERM)
        let result = try relay.wait()
        #expect(!result.output.contains("duplicate  it was handled before"), "\(result.output)")
    }

    @Test(arguments: ["history", "customer"])
    func `a step without a service is told as it was made`(service: String) throws {
        try remove(service)
        let step = try workbench.run("relay", "run", "--step")
        #expect(step.status == 65)
        #expect(step.errors.hasPrefix("\(service) is unavailable: "), "\(step.errors)")
        #expect(step.output.contains(" 1 delivery, 0 duplicates, 0 failed."), "\(step.output)")
    }

    @Test func `without a service nothing is called empty, and nothing is purged`() throws {
        try workbench.succeed("relay", "run", "--until-idle")
        try remove("order")
        let idle = try workbench.run("relay", "run")
        #expect(idle.status == 65)
        #expect(idle.output == "Nothing to deliver without order. 0 messages pending.\n")
        let purged = try workbench.run("outbox", "purge")
        #expect(purged.status == 65)
        #expect(purged.output == "Purged nothing: a service is away.\n")
        #expect(try workbench.run("outbox", "list").output.contains("customer:1"))
    }

    @Test func `after a purge a view is made of what is still told`() throws {
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("outbox", "purge")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "5")
        try workbench.succeed("relay", "run", "--until-idle")
        try remove("history")
        let refused = try workbench.run("history", "rebuild")
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[history-incomplete]"))
        #expect(!FileManager.default.fileExists(atPath: workbench.data + "/history.db"))
        let rebuilt = try workbench.succeed("history", "rebuild", "--incomplete")
        #expect(rebuilt.contains("the order outbox does not tell all of the past"))
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost) order 1 differs in the view"))
        #expect(try workbench.succeed("history", "show", "1").contains("2      APPROVED   5.00"))
        // A view that was spoiled afterwards is not excused.
        try tamper(
            with: workbench.data + "/history.db", "UPDATE order_view SET total = 1 WHERE id = 2")
        #expect(try workbench.run("store", "check").status == 1)
    }

    @Test func `a rebuild steps over what it cannot read, and names it`() throws {
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "6")
        try workbench.succeed("relay", "run", "--until-idle")
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE message SET payload = '{}' WHERE id = 1")
        let rebuilt = try workbench.run("history", "rebuild")
        #expect(rebuilt.status == 1)
        #expect(rebuilt.output.contains("left out  order:1: the message was changed"))
        #expect(try workbench.succeed("history", "show", "1").contains("2      APPROVED   6.00"))
    }
}
