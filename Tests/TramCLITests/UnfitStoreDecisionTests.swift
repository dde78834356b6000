import Foundation
import TestSupport
import Testing

/// An operator's decision on stores that do not fit one another: what they say of a saga is not true.
@Suite struct UnfitStoreDecisionTests {
    let workbench: Workshop

    /// A saga that is stuck, its stores as they were then, and what became of it.
    init() throws {
        workbench = try stuckWorkbench(orders: 1)
        try workbench.succeed("store", "backup", workbench.directory.file("kept"))
        try workbench.succeed("saga", "resend", "1", "--yes")
        try workbench.succeed("relay", "run", "--until-idle")
    }

    private func put(_ service: String, from directory: String) throws {
        let files = FileManager.default
        for suffix in ["", "-wal", "-shm"] {
            try? files.removeItem(atPath: "\(workbench.data)/\(service).db\(suffix)")
        }
        try files.copyItem(
            atPath: "\(directory)/\(service).db", toPath: "\(workbench.data)/\(service).db")
    }

    private func expectRefused(_ code: String, naming service: String) throws {
        let before = try workbench.bytes()
        for decision in ["retry", "resend", "skip", "rollback", "abandon"] {
            for way in [
                ["1", "--yes"], ["1", "--dry-run"], ["--where", "state=stuck", "--yes"],
                ["--where", "state=stuck", "--dry-run"],
            ] {
                let refused = try workbench.run(["saga", decision] + way)
                #expect(refused.status == 65, "\(decision) \(way): \(refused.output)")
                #expect(refused.output == "")
                #expect(
                    refused.errors.hasPrefix("error[\(code)]: the \(service) store "),
                    "\(refused.errors)")
            }
        }
        #expect(try workbench.bytes() == before)
    }

    @Test func `on a rolled-back store nothing is decided`() throws {
        try put("order", from: workbench.directory.file("kept"))
        try expectRefused("store-rolled-back", naming: "order")
        try workbench.succeed("store", "accept", "order")
        #expect(try workbench.run("saga", "abandon", "1", "--yes").status == 0)
    }

    @Test func `beside another store that is rolled back nothing is decided`() throws {
        try put("customer", from: workbench.directory.file("kept"))
        try expectRefused("store-rolled-back", naming: "customer")
    }

    @Test func `beside a store of another system nothing is decided`() throws {
        let other = try stuckWorkbench(orders: 1)
        try other.succeed("store", "backup", workbench.directory.file("other"))
        try put("customer", from: workbench.directory.file("other"))
        try expectRefused("store-foreign", naming: "customer")
    }

    @Test func `beside a relay no store is taken for a rolled-back one`() throws {
        let workbench = try stuckWorkbench(orders: 1)
        let relay = try workbench.start("relay", "run", "--watch", "--quiet")
        for _ in 1...25 {
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
            let decided = try workbench.run("saga", "resend", "1", "--dry-run")
            #expect(decided.status == 0, "\(decided.errors)")
        }
        relay.send(SIGTERM)
        #expect(try relay.wait().status == 143)
    }
}
