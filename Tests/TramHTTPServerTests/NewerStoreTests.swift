#if Server
    import Foundation
    import Platform
    import TestSupport
    import Testing

    /// A store that a newer program has migrated is not written any more by what has it open.
    @Suite struct NewerStoreTests {
        @Test func `a server answers 503, writes nothing, and goes on with the others`() throws {
            let served = try ServedSystem("--relay", "manual")
            let customer = try served.createCustomer(limit: "9")
            _ = try served.createOrder(customer: customer, total: "1", .choreography)
            let orders = served.workbench.data + "/order.db"
            let version = try StoreFile(path: orders).userVersion()
            try tamper(with: orders, "PRAGMA user_version = \(version + 1)")
            let refused = try served.post(
                served.orders, "/orders", #"{"customerId":1,"orderTotal":{"amount":2}}"#)
            #expect(refused.status == 503, "\(refused.body)")
            #expect(refused.json["code"]?.string == "store-too-new")
            #expect(try served.get(served.orders, "/orders/1").status == 503)
            _ = try served.createCustomer(limit: "7")
            let pass = try served.post(served.orders, "/relay/run")
            #expect(pass.body.contains(#""unavailable":["order"]"#), "\(pass.body)")
            // Nothing was written meanwhile; back again, it goes on.
            try tamper(with: orders, "PRAGMA user_version = \(version)")
            #expect(try served.createOrder(customer: customer, total: "2", .choreography) == 2)
        }

        @Test func `a relay that watches writes nothing to it, and goes on`() throws {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "9")
            try workbench.succeed("relay", "run", "--until-idle", "-q")
            let relay = try workbench.start("relay", "run", "--watch")
            defer { kill(relay.id, SIGKILL) }
            let history = workbench.data + "/history.db"
            try workbench.succeed("customer", "create", "--name", "y", "--credit-limit", "9")
            try eventually("it has delivered") {
                try workbench.succeed("history", "list", "-q").contains("2")
            }
            let version = try StoreFile(path: history).userVersion()
            try tamper(with: history, "PRAGMA user_version = \(version + 1000)")
            try workbench.succeed("customer", "create", "--name", "z", "--credit-limit", "9")
            try eventually("it says so") {
                try relay.errorsSoFar().contains("history is unavailable: ")
            }
            try tamper(with: history, "PRAGMA user_version = \(version)")
            #expect(try workbench.succeed("history", "list", "-q") == "1\n2")
            kill(relay.id, SIGTERM)
            #expect(try relay.wait().status == 143)
        }
    }
#endif
