import Foundation
import Platform
import TestSupport
import Testing

/// A store that is older than what the others have seen of it, or that belongs elsewhere, loses
/// nothing in silence: the relay refuses, and the ways on work.
@Suite struct RestoredStoreTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "Jane", "--credit-limit", "50")
        try order(4)
        try workbench.succeed("relay", "run", "--until-idle")
    }

    private func order(_ total: Int, saga: String = "choreography") throws {
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "\(total)", "--saga", saga)
    }

    private func copy(_ service: String, from: String, to: String) throws {
        let files = FileManager.default
        for suffix in ["", "-wal"] {
            let target = "\(to)/\(service).db\(suffix)"
            try? files.removeItem(atPath: target)
            if files.fileExists(atPath: "\(from)/\(service).db\(suffix)") {
                try files.copyItem(atPath: "\(from)/\(service).db\(suffix)", toPath: target)
            }
        }
        try? files.removeItem(atPath: "\(to)/\(service).db-shm")
    }

    private func keep(_ service: String) throws -> () throws -> Void {
        let place = workbench.directory.file("kept")
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        try copy(service, from: workbench.data, to: place)
        return { try copy(service, from: place, to: workbench.data) }
    }

    private func expectRefused(
        _ code: String, naming service: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try workbench.succeed("outbox", "list")
        for way in [[], ["--step"], ["--until-idle"], ["--dry-run"]] {
            let result = try workbench.run(["relay", "run"] + way)
            #expect(result.status == 65, "\(way)", sourceLocation: sourceLocation)
            #expect(
                result.errors.hasPrefix("error[\(code)]: the \(service) store"),
                "\(result.errors)", sourceLocation: sourceLocation)
            for help in [
                "tram store accept \(service)", "tram relay redeliver --to \(service)",
                "tram store restore DIR",
            ] {
                #expect(result.errors.contains(help), sourceLocation: sourceLocation)
            }
            #expect(result.output == "", sourceLocation: sourceLocation)
        }
        #expect(
            try workbench.succeed("outbox", "list") == before, sourceLocation: sourceLocation)
        let check = try workbench.run("store", "check")
        #expect(check.status == 1, sourceLocation: sourceLocation)
        #expect(check.output.contains("the store of \(service)"), sourceLocation: sourceLocation)
    }

    @Test(arguments: [false, true])
    func `an older order store is not delivered from, whether it has grown again or not`(
        grows: Bool
    ) throws {
        let putBack = try keep("order")
        try order(3)
        try workbench.succeed("relay", "run", "--until-idle")
        try putBack()
        // As many messages as were lost, and so the same numbers.
        if grows {
            try order(5)
            try order(6)
        }
        try expectRefused("store-rolled-back", naming: "order")
    }

    @Test func `an older customer store is not delivered from`() throws {
        let putBack = try keep("customer")
        try workbench.succeed("customer", "create", "--name", "Old", "--credit-limit", "9")
        try workbench.succeed("relay", "run", "--until-idle")
        try putBack()
        try workbench.succeed("customer", "create", "--name", "New", "--credit-limit", "9")
        try expectRefused("store-rolled-back", naming: "customer")
        // Accepted, the new customer's message gets a number that nobody knows.
        let accepted = try workbench.succeed("store", "accept", "customer", "--json")
        #expect(
            accepted.contains(#""renumbered":[{"from":"customer:3","to":"customer:4"}]"#),
            "\(accepted)")
        let next = try workbench.succeed(
            "customer", "create", "--name", "Next", "--credit-limit", "9", "-q")
        #expect(next == "3", "no number is given to a second customer")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("history", "show", "3").contains("Next"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `an older history is noticed, and redelivering brings it up to date`() throws {
        let putBack = try keep("history")
        try order(3)
        try workbench.succeed("relay", "run", "--until-idle")
        let before = try workbench.succeed("history", "show", "1", "--json")
        try putBack()
        #expect(
            try workbench.succeed("history", "show", "1", "--json").hasSuffix(#""behind":2}"#),
            "what was delivered to a view that is gone is not there")
        try expectRefused("store-rolled-back", naming: "history")
        #expect(
            try workbench.succeed("relay", "redeliver", "--to", "history")
                == "2 messages pending again for history: customer 0, order 2, history 0.")
        let relayed = try workbench.succeed("relay", "run")
        #expect(relayed.contains("-> history") && !relayed.contains("-> customer"), "\(relayed)")
        #expect(try workbench.succeed("history", "show", "1", "--json") == before)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `an older history is also rebuilt`() throws {
        let putBack = try keep("history")
        try order(3)
        try workbench.succeed("relay", "run", "--until-idle")
        let before = try workbench.succeed("history", "show", "1", "--json")
        try putBack()
        try workbench.succeed("history", "rebuild")
        #expect(try workbench.succeed("history", "show", "1", "--json") == before)
        #expect(try workbench.run("relay", "run").status == 0)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `another directory's store is not taken`() throws {
        let other = try Workshop()
        try other.succeed("customer", "create", "--name", "Other", "--credit-limit", "50")
        try other.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        try other.succeed("relay", "run", "--until-idle")
        try copy("history", from: other.data, to: workbench.data)
        try expectRefused("store-foreign", naming: "history")
        #expect(try workbench.run("store", "accept", "history").status == 65)
        try workbench.succeed("history", "rebuild")
        #expect(try workbench.succeed("history", "show", "1").contains("Jane"))
        #expect(try workbench.run("relay", "run").status == 0)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `all three logs lost after a checkpoint are noticed`() throws {
        for service in ["customer", "order", "history"] {
            try tamper(
                with: workbench.data + "/\(service).db", "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try order(3)
        try workbench.succeed("relay", "run")
        // One service's log is in its file by now, the others' are not.
        try tamper(with: workbench.data + "/order.db", "PRAGMA wal_checkpoint(TRUNCATE)")
        for service in ["customer", "order", "history"] {
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(
                    atPath: workbench.data + "/\(service).db\(suffix)")
            }
        }
        try expectRefused("store-rolled-back", naming: "customer")
    }

    @Test func `an accepted order store goes on, and nothing is done twice`() throws {
        try order(2)
        let putBack = try keep("order")
        try workbench.succeed("relay", "run", "--until-idle")
        try order(3, saga: "orchestration")
        try workbench.succeed("relay", "run", "--until-idle")
        let reserved = try workbench.succeed("customer", "show", "1")
        try putBack()
        try order(5, saga: "orchestration")
        try expectRefused("store-rolled-back", naming: "order")

        let accepted = try workbench.succeed("store", "accept", "order")
        #expect(accepted.hasPrefix("Accepted the order store as it is."))
        // The order of before is unpublished again, keeps its number and is known.
        let relayed = try workbench.succeed("relay", "run")
        #expect(
            relayed.contains("order:3 OrderCreated") && relayed.contains("customer  duplicate"),
            "\(relayed)")
        try workbench.succeed("relay", "redeliver", "--to", "order")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(
            try workbench.succeed("order", "list").components(separatedBy: "APPROVED").count
                == 4)
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost)"), "what is lost is told")
        #expect(reserved.contains("reserved      9.00"))
        let id = try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "1", "-q")
        #expect(id == "4")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.succeed("order", "show", "4").hasPrefix("Order 4: APPROVED"))
        #expect(
            try workbench.succeed("store", "accept", "order")
                == "The order store fits the others: nothing was changed.")
    }

    @Test func `an order that was accepted as lost does not hide a new violation`() throws {
        let putBack = try keep("order")
        try order(3)
        try workbench.succeed("relay", "run", "--until-idle")
        try putBack()
        try workbench.succeed("store", "accept", "order")
        try workbench.succeed("relay", "run", "--until-idle")
        #expect(try workbench.run("store", "check").status == 0)
        try order(1)
        try workbench.succeed("relay", "run", "--until-idle")
        try tamper(
            with: workbench.data + "/customer.db",
            """
            DELETE FROM credit_reservation WHERE order_id = 3;
            UPDATE customer SET reserved = reserved - 100
            """)
        let check = try workbench.run("store", "check")
        #expect(check.status == 1)
        #expect(check.output.contains("- order 3 is APPROVED without credit"))
    }

    @Test func `what has the number of a lost one is named`() throws {
        let putBack = try keep("customer")
        try workbench.succeed("customer", "create", "--name", "Alice", "--credit-limit", "30")
        try workbench.succeed("order", "create", "--customer-id", "2", "--order-total", "20")
        try workbench.succeed("relay", "run", "--until-idle")
        try putBack()
        try workbench.succeed("customer", "create", "--name", "Mallory", "--credit-limit", "30")
        let accepted = try workbench.succeed("store", "accept", "customer")
        #expect(
            accepted.contains("Customer 2 is new, and others may know a lost one of that number"))
        try workbench.succeed("relay", "redeliver", "--to", "customer")
        try workbench.succeed("relay", "run", "--until-idle")
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("(lost) Customer 2 may have the number of a lost one"))
    }

    @Test func `an answer about a lost order holds up no other order`() throws {
        let putBack = try keep("order")
        try order(2)
        try workbench.succeed("relay", "run")
        try putBack()
        try workbench.succeed("store", "accept", "order")
        try workbench.succeed("relay", "redeliver", "--to", "order")
        try order(3)
        let relayed = try workbench.succeed("relay", "run", "--until-idle")
        #expect(relayed.contains("-> order     ignored  order 2 is lost"), "\(relayed)")
        #expect(try workbench.succeed("order", "show", "3").hasPrefix("Order 3: APPROVED"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a relay that watches notices an outbox that goes back`() throws {
        let kept = workbench.directory.file("kept")
        try workbench.succeed("store", "backup", kept)
        // It ends by itself; should it not, the test fails.
        let relay = try ChildProcess(
            "timeout",
            [
                "60", TramProcess.program, "relay", "run", "--watch", "--quiet", "--data-dir",
                workbench.data,
            ])
        try order(3)
        while try workbench.succeed("order", "show", "2").hasPrefix("Order 2: PENDING") {}
        let replaced = try shell(
            "cd '\(workbench.data)' && rm order.db-wal order.db-shm && mv '\(kept)/order.db' order.db"
        )
        try #require(replaced.status == 0)
        let result = try relay.wait()
        #expect(result.status == 65)
        #expect(result.errors.contains("error[store-rolled-back]: the order store"))
        #expect(result.errors.hasPrefix("order is unavailable: "), "\(result.errors)")
    }

    @Test func `a check waits for those who write, so that it sees one instant`() throws {
        for service in ["customer", "order", "history"] {
            let writer = try FileLock(path: workbench.data + "/\(service).db-lock")
            try #require(try writer.acquire(waitingAtMost: 0))
            let check = try workbench.run("store", "check", "--lock-timeout", "50ms")
            #expect(check.status == 75, "\(service)")
            writer.release()
        }
        #expect(try workbench.run("store", "check").status == 0)
    }

    // MARK: Backups

    @Test func `a backup beside writers is one consistent look, and restores`() throws {
        let backup = workbench.directory.file("backup")
        let relay = try workbench.start("relay", "run", "--watch", "--quiet")
        let writers = try (1...3).map { _ in
            try ChildProcess(
                "bash",
                [
                    "-c",
                    "for i in $(seq 15); do '\(TramProcess.program)' order create -q "
                        + "--customer-id 1 --order-total 1 --data-dir '\(workbench.data)'; done",
                ])
        }
        var copies: [String] = []
        for number in 1...5 {
            copies.append("\(backup)-\(number)")
            try workbench.succeed("store", "backup", copies[number - 1])
        }
        for writer in writers { _ = try writer.wait() }
        relay.send(SIGTERM)
        _ = try relay.wait()
        for copy in copies {
            #expect(try tram(["store", "check", "--data-dir", copy]).status == 0)
        }
        try workbench.succeed("relay", "run", "--until-idle", "--quiet")
        let copied = try tram(["order", "list", "--data-dir", copies[0], "--json"]).output
        let refused = try workbench.run("store", "restore", copies[0])
        #expect(refused.status == 64)
        #expect(refused.errors.hasPrefix("error[confirmation-needed]"))
        try workbench.succeed("store", "restore", copies[0], "--yes")
        #expect(try workbench.succeed("order", "list", "--json") + "\n" == copied)
        try workbench.succeed("relay", "run", "--until-idle", "--quiet")
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a backup goes nowhere where something is, and a restore needs one`() throws {
        let taken = workbench.directory.file("taken")
        try FileManager.default.createDirectory(
            atPath: taken + "/inside", withIntermediateDirectories: true)
        let refused = try workbench.run("store", "backup", taken)
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[directory-not-empty]"))
        #expect(try workbench.run("store", "restore", taken, "--yes").status == 66)
        #expect(try workbench.run("store", "restore", workbench.data, "--yes").status == 64)
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `restoring beside a relay changes nothing`() throws {
        let backup = workbench.directory.file("backup")
        try workbench.succeed("store", "backup", backup)
        try order(3)
        let relay = try workbench.start("relay", "run", "--watch", "--quiet")
        while try workbench.succeed("order", "show", "2").hasPrefix("Order 2: PENDING") {}
        let result = try workbench.run(
            "store", "restore", backup, "--yes", "--lock-timeout", "100ms")
        #expect(result.status == 75, "\(result.errors)")
        relay.send(SIGTERM)
        _ = try relay.wait()
        #expect(try workbench.succeed("order", "show", "2").hasPrefix("Order 2"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `damaged stores are restored, and a half done restore is not used`() throws {
        let backup = workbench.directory.file("backup")
        try workbench.succeed("store", "backup", backup)
        for service in ["customer", "order"] {
            try Data(repeating: 65, count: 10_000).write(
                to: URL(fileURLWithPath: workbench.data + "/\(service).db"))
        }
        // As a kill in the middle leaves it.
        try Data("\n".utf8).write(to: URL(fileURLWithPath: workbench.data + "/tram-restoring"))
        let half = try workbench.run("order", "list")
        #expect(half.status == 65)
        #expect(half.errors.contains("only partly restored"))
        try workbench.succeed("store", "restore", backup, "--yes")
        #expect(try workbench.succeed("order", "show", "1").hasPrefix("Order 1: APPROVED"))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a backup of another system is not restored over this one`() throws {
        let other = try Workshop()
        try other.succeed("customer", "create", "--name", "Other", "--credit-limit", "50")
        let refused = try workbench.run("store", "restore", other.data, "--yes")
        #expect(refused.status == 65)
        #expect(refused.errors.hasPrefix("error[store-foreign]"))
        #expect(try workbench.run("store", "check").status == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: workbench.data)
        #expect(!files.contains { $0.contains(".new") })
    }
}
