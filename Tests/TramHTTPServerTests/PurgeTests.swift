#if Server
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// The purge of a running server beside that of the shell.
    @Suite struct PurgeTests {
        @Test func `it answers what the shell prints, and frees as much`() throws {
            let served = try ServedSystem()
            let customer = try served.createCustomer(limit: "50")
            for saga in SagaKind.allCases {
                let order = try served.createOrder(customer: customer, total: "4", saga)
                try served.expect(history: customer, toShow: order, "APPROVED")
            }
            _ = try served.createOrder(customer: 99, total: "4", .choreography)
            try eventually("nothing waits") {
                try served.get(served.orders, "/relay/status").json["idle"] == .bool(true)
            }
            let shell = try served.workbench.succeed("store", "purge", "--dry-run", "--json")
            let rehearsal = try served.post(served.orders, "/purge?dryRun=true")
            #expect(rehearsal.status == 200)
            #expect(rehearsal.body == shell)
            let purge = try served.post(served.orders, "/purge")
            #expect(purge.body == shell.replacing(#""dryRun":true"#, with: #""dryRun":false"#))
            #expect(rehearsal.json["sagas"] == .number("1"))
            #expect(
                try served.get(served.history, "/metrics").body.contains(
                    "\ntram_purged_total{store=\"order\",kind=\"sagas\"} 1\n"))
            // The relay has its turn again, and the stores are sound.
            let order = try served.createOrder(customer: customer, total: "4", .orchestration)
            try served.expect(order: order, toBe: "APPROVED")
            try served.stop()
            #expect(try served.workbench.run("store", "check").status == 0)
        }
    }
#endif
