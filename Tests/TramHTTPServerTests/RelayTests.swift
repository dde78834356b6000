#if Server
    import Foundation
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// The relay inside the server, and the one that waits for a hand.
    @Suite struct RelayTests {
        @Test func `a command's commit wakes the relay`() throws {
            let served = try ServedSystem()
            try served.workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
            try served.workbench.succeed(
                "order", "create", "--customer-id", "1", "--order-total", "4")
            try served.expect(order: 1, toBe: "APPROVED")
            try served.expect(history: 1, toShow: 1, "APPROVED")
            // Both may relay at once, purge and rebuild: the server's relay lets go of its lock.
            try served.workbench.succeed("relay", "run", "--until-idle")
            try served.workbench.succeed("history", "rebuild")
            try served.workbench.succeed("outbox", "purge")
            try served.stop()
        }

        @Test func `step by step, over HTTP as by the command`() throws {
            let served = try ServedSystem("--relay", "manual")
            let customer = try served.createCustomer(limit: "5")
            let order = try served.createOrder(customer: customer, total: "4", .choreography)
            #expect(order == 1)

            let status = try served.get(served.history, "/relay/status")
            #expect(
                status.body
                    == #"{"outboxes":[{"service":"customer","pending":1,"failed":0,"next":"#
                    + #"{"message":"customer:1","type":"CustomerCreated"},"parked":0},"#
                    + #"{"service":"order","pending":1,"failed":0,"next":"#
                    + #"{"message":"order:1","type":"OrderCreated"},"parked":0},"#
                    + #"{"service":"history","pending":0,"failed":0,"next":null,"parked":0}],"#
                    + #""pending":2,"idle":false,"parked":0,"stuck":[],"stranded":[],"waitingFor":[],"failedSagas":[],"unavailable":[]}"#
            )
            #expect(try served.workbench.succeed("relay", "status", "--json") == status.body)

            let step = try served.post(served.orders, "/relay/run?step=1")
            #expect(
                step.body
                    == #"{"pass":1,"messages":1,"deliveries":[{"message":"customer:1","#
                    + #""type":"CustomerCreated","from":"customer","to":"history","#
                    + #""outcome":"handled","effects":["customer 1 added to the view"],"#
                    + #""published":[]}],"duplicates":0,"failed":0,"pending":1,"idle":false,"#
                    + #""unavailable":[],"parked":0}"#)
            let command = try served.workbench.succeed("relay", "run", "--json")
            #expect(command.contains(#""published":["customer:2"]"#))
            #expect(
                try served.get(served.orders, "/orders/1").json["orderState"]
                    == .string("PENDING"))
            let pass = try served.post(served.history, "/relay/run", "{}")
            #expect(pass.json["deliveries"]?.elements?.count == 1)
            #expect(try served.post(served.customers, "/relay/run").json["pending"]?.integer == 0)
            try served.expect(order: 1, toBe: "APPROVED")
            let idle = try served.post(served.orders, "/relay/run?step=1")
            #expect(idle.json["idle"] == .bool(true))
            #expect(try served.workbench.succeed("relay", "run", "--json") == idle.body)
            for query in ["step=2", "step=", "step=1&step=1", "step=true", "steps=1", "dry-run=1"] {
                let answer = try served.post(served.orders, "/relay/run?\(query)")
                #expect(answer.status == 400)
                #expect(answer.code == "invalid-query")
            }
            for body in ["{\"step\":1}", "[]", "{{"] {
                #expect(try served.post(served.orders, "/relay/run", body).status == 400)
            }
            let metrics = try served.get(served.orders, "/metrics").body
            #expect(
                metrics.contains(
                    #"tram_delivery_attempts_total{subscriber="history",outcome="handled"} 2"#))
            try served.stop()
        }

        @Test func `a pass goes on without a service that is busy, and says so`() throws {
            let served = try ServedSystem("--relay", "manual", "--lock-timeout", "200ms")
            let customer = try served.createCustomer(limit: "5")
            _ = try served.createOrder(customer: customer, total: "4", .choreography)
            let lock = try FileLock(path: served.workbench.data + "/history.db-lock")
            #expect(try lock.acquire(waitingAtMost: 5000))
            let answer = try served.post(served.orders, "/relay/run")
            #expect(answer.status == 200)
            #expect(answer.body.hasSuffix(#""unavailable":["history"],"parked":0}"#))
            #expect(answer.body.contains("reserved 4.00 of 5.00 for order 1"))
            lock.release()
            #expect(try served.post(served.orders, "/relay/run").status == 200)
            #expect(try served.workbench.run("store", "check").status == 0)
        }

        @Test func `while another relays, the server waits, and says so when it is asked`() throws {
            let served = try ServedSystem("--lock-timeout", "100ms")
            let watch = try served.workbench.start("relay", "run", "--watch")
            try eventually("the other has the lock") {
                let answer = try served.post(served.orders, "/relay/run")
                return answer.status == 503 && answer.code == "relay-busy"
            }
            let customer = try served.createCustomer(limit: "5")
            let order = try served.createOrder(customer: customer, total: "4", .orchestration)
            try served.expect(order: order, toBe: "APPROVED")
            #expect(try served.get(served.orders, "/actuator/health").status == 200)
            watch.send(SIGKILL)
            _ = try watch.wait()
            let next = try served.createOrder(customer: customer, total: "1", .choreography)
            try served.expect(order: next, toBe: "APPROVED")
            try served.stop()
        }

        @Test func `a server goes on without the view, and takes it back`() throws {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
            for suffix in ["", "-wal", "-shm"] {
                try FileManager.default.removeItem(
                    atPath: workbench.data + "/history.db" + suffix)
            }
            let served = try ServedSystem(in: workbench)
            let order = try served.createOrder(customer: 1, total: "4", .choreography)
            try served.expect(order: order, toBe: "APPROVED")
            #expect(try served.get(served.history, "/customers/1").code == "store-damaged")
            let status = try served.get(served.orders, "/relay/status")
            #expect(status.status == 200)
            #expect(!status.body.contains(#""service":"history""#))
            #expect(status.body.hasSuffix(#","unavailable":["history"]}"#))
            try workbench.succeed("history", "rebuild")
            try eventually("the view is there") {
                try served.get(served.history, "/customers/1").body.contains("APPROVED")
            }
            #expect(try served.get(served.history, "/actuator/health").status == 200)
            let log = try served.stop().errors
            #expect(log.components(separatedBy: "a service is unavailable").count == 2)
            #expect(try workbench.run("store", "check").status == 0)
        }

        @Test func `a server notices an outbox that goes back, and delivers nothing of it`() throws
        {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "50")
            let kept = workbench.directory.file("kept")
            try workbench.succeed("store", "backup", kept)
            let served = try ServedSystem(in: workbench)
            let order = try served.createOrder(customer: 1, total: "4", .choreography)
            try served.expect(order: order, toBe: "APPROVED")
            let replaced = try shell(
                """
                cd '\(workbench.data)' && rm order.db-wal order.db-shm && mv '\(kept)/order.db' order.db
                """)
            try #require(replaced.status == 0)
            try eventually("it is told") {
                try served.get(served.orders, "/actuator/health").body
                    .contains("relay: store-rolled-back")
            }
            // The first request finds that the file is another one.
            try eventually("an order is taken") {
                try served.post(
                    served.orders, "/orders", #"{"customerId":1,"orderTotal":{"amount":1}}"#
                ).status == 200
            }
            let pass = try served.post(served.orders, "/relay/run")
            #expect(pass.code == "store-rolled-back")
            #expect(try workbench.succeed("outbox", "list").contains("order:1     pending"))
            try workbench.succeed("store", "accept", "order")
            try eventually("it goes on") {
                try served.get(served.orders, "/actuator/health").status == 200
            }
            try served.stop()
        }

        @Test func `a failed delivery is tried again, later and by itself`() throws {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
            // A payload that no handler can read.
            try tamper(
                with: workbench.data + "/order.db",
                "UPDATE message SET payload = '{}' WHERE id = 1")
            let served = try ServedSystem(in: workbench)
            func attempts() throws -> Int {
                let name =
                    #"tram_delivery_attempts_total{subscriber="customer",outcome="failed"} "#
                return try served.get(served.orders, "/metrics").body.split(separator: "\n")
                    .first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
            }
            try eventually("it was tried") { try attempts() == 1 }
            let start = MonotonicTime.now()
            // Another relay's turn is no reason to try again, though there is something to deliver.
            let lock = try FileLock(path: workbench.data + "/relay-lock")
            #expect(try lock.acquire(waitingAtMost: 5000))
            _ = try served.createCustomer(limit: "5")
            MonotonicTime.sleep(milliseconds: 300)
            lock.release()
            try eventually("it was tried again") { try attempts() == 2 }
            #expect(MonotonicTime.now() - start > 600)
            #expect(
                try served.get(served.orders, "/metrics").body
                    .contains("tram_outbox_failed{outbox=\"order\"} 1\n"))
            let payload =
                #"{"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"saga":"choreography"}"#
            try tamper(
                with: workbench.data + "/order.db",
                "UPDATE message SET payload = '\(payload)' WHERE id = 1")
            try served.expect(order: 1, toBe: "APPROVED")
            let log = try served.stop().errors
            #expect(log.contains(#""event":"delivery failed","message":"order:1""#))
            #expect(!log.contains("orderTotal"))
        }
    }
#endif
