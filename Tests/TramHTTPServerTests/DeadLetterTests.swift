#if Server
    import Foundation
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// Dead letters over HTTP, and a server that parks.
    @Suite struct DeadLetterTests {
        private let payload =
            #"{"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"saga":"choreography"}"#

        /// A customer and an order whose event is spoiled, in a workbench without a server.
        private func spoiledWorkbench() throws -> Workshop {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "9")
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
            try tamper(with: workbench.data + "/order.db", "UPDATE message SET payload = 'x'")
            return workbench
        }

        @Test func `a server parks, counts, and takes an operator's decisions at once`() throws {
            let workbench = try spoiledWorkbench()
            let served = try ServedSystem("--max-attempts", "1", in: workbench)
            try eventually("it is parked") {
                try served.get(served.orders, "/deadletters").json.elements?.count == 2
            }
            #expect(
                try served.get(served.customers, "/actuator/health").body
                    == #"{"status":"UP","details":[],"parked":1}"#)
            let metrics = try served.get(served.orders, "/metrics").body
            #expect(metrics.contains("tram_outbox_parked{outbox=\"order\"} 1"), "\(metrics)")
            #expect(metrics.contains("tram_outbox_failed{outbox=\"order\"} 0"))
            #expect(
                metrics.contains(
                    "tram_delivery_attempts_total{subscriber=\"customer\",outcome=\"parked\"} 1"))

            let list = try served.get(served.orders, "/deadletters")
            #expect(try workbench.succeed("deadletter", "list", "--json") == list.body)
            let one = try served.get(served.orders, "/deadletters/order:1?subscriber=history")
            #expect(one.json["to"]?.string == "history")
            #expect(one.json["payload"]?.string == "x")
            #expect(one.json["headers"]?["event-type"]?.string == "OrderCreated")
            #expect(
                try workbench.succeed("deadletter", "show", "order:1", "--json")
                    == served.get(served.history, "/deadletters/order:1").body)

            // A decision in the shell is heeded by the server's run.
            let file = workbench.directory.file("payload")
            try payload.write(toFile: file, atomically: true, encoding: .utf8)
            let edited = try shell(
                "\(TramProcess.program) deadletter edit order:1 --subscriber customer "
                    + "--data-dir \(workbench.data) < \(file)")
            #expect(edited.status == 0, "\(edited.errors)")
            try served.expect(order: 1, toBe: "APPROVED")

            let retried = try served.post(
                served.orders, "/deadletters/order:1/retry?subscriber=history")
            #expect(
                retried.body
                    == #"{"retried":[{"message":"order:1","type":"OrderCreated","from":"order","to":"history"}]}"#
            )
            try eventually("it is parked again") {
                try served.get(served.orders, "/deadletters").json.elements?.count == 1
            }
            let discarded = try served.post(served.customers, "/deadletters/discard")
            #expect(discarded.json["discarded"]?.elements?.count == 1)
            try served.expect(history: 1, toShow: 1, "APPROVED")
            #expect(try served.post(served.orders, "/deadletters/retry").body == #"{"retried":[]}"#)
            let log = try served.stop().errors
            #expect(log.contains("delivery parked"))
            #expect(try workbench.run("store", "check").status == 0)
        }

        @Test func `what is asked for wrongly is answered as a problem`() throws {
            let served = try ServedSystem("--relay", "manual", in: try spoiledWorkbench())
            for (method, path, status, code) in [
                ("GET", "/deadletters?subscriber=x", 404, "subscriber-not-found"),
                ("GET", "/deadletters?by=error", 400, "invalid-query"),
                ("GET", "/deadletters/x", 400, "invalid-message-id"),
                ("GET", "/deadletters/order:1", 409, "not-parked"),
                ("POST", "/deadletters/order:1/retry", 409, "not-parked"),
                ("POST", "/deadletters/order:1/discard", 409, "not-parked"),
                ("POST", "/deadletters/retry?subscriber=x", 404, "subscriber-not-found"),
                ("POST", "/deadletters/order:1", 405, "method-not-allowed"),
                ("GET", "/deadletters/retry", 405, "method-not-allowed"),
            ] {
                let answer = try HTTPConnection(port: served.orders).request(method, path)
                #expect(answer.status == status, "\(method) \(path): \(answer.body)")
                #expect(answer.code == code)
            }
            let pass = try served.post(served.orders, "/relay/run")
            #expect(pass.body.contains(#""outcome":"failed""#))
            #expect(pass.body.hasSuffix(#""unavailable":[],"parked":0}"#))
            try served.stop()
        }

        @Test func `a bounded pass over HTTP begins with what has never failed`() throws {
            let workbench = try spoiledWorkbench()
            let served = try ServedSystem("--relay", "manual", in: workbench)
            _ = try served.post(served.orders, "/relay/run")
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
            let step = try served.post(served.orders, "/relay/run?step=1")
            #expect(step.body.contains(#""message":"order:2""#), "\(step.body)")
            let pass = try served.post(served.orders, "/relay/run")
            #expect(
                pass.body.hasPrefix(
                    #"{"pass":1,"messages":3,"deliveries":[{"message":"customer:2","#),
                "\(pass.body)")
            #expect(
                pass.json["deliveries"]?.elements?.last?["message"]?.string == "order:1",
                "what has failed comes last")
            try served.stop()
        }

        @Test func `an answer that lacks a service is no answer`() throws {
            let workbench = try spoiledWorkbench()
            let served = try ServedSystem(
                "--relay", "manual", "--max-attempts", "1", "--lock-timeout", "100ms", in: workbench
            )
            _ = try served.post(served.orders, "/relay/run")
            let holder = try ForeignWriter(workbench.data + "/order.db")
            for path in [
                "/deadletters/order:1/retry", "/deadletters/order%3A1/discard",
                "/deadletters/retry", "/deadletters/discard",
            ] {
                let answer = try served.post(served.orders, path)
                #expect(answer.status == 503, "\(path): \(answer.body)")
                #expect(answer.code == "store-busy")
            }
            withExtendedLifetime(holder) {}
            #expect(try served.get(served.orders, "/deadletters").json.elements?.count == 2)
            try served.stop()
        }

        @Test func `a command that hangs holds up no order, nor the server's end`() throws {
            let workbench = try spoiledWorkbench()
            let served = try ServedSystem(
                "--max-attempts", "1", "--on-parked", "sleep 1000", in: workbench)
            try eventually("it is parked") {
                try served.get(served.orders, "/deadletters").json.elements?.count == 2
            }
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
            try served.expect(order: 2, toBe: "APPROVED")
            let start = MonotonicTime.now()
            try served.stop()
            #expect(MonotonicTime.now() - start < 15_000)
        }

        @Test func `somebody is told of each newly parked message, once`() throws {
            let workbench = try spoiledWorkbench()
            let told = workbench.directory.file("told")
            let served = try ServedSystem(
                "--max-attempts", "1", "--on-parked", "cat >> \(told)", in: workbench)
            func lines() -> [String] {
                ((try? String(contentsOfFile: told, encoding: .utf8)) ?? "")
                    .split(separator: "\n").map(String.init)
            }
            try eventually("both are told") { lines().count == 2 }
            #expect(JSON.text(lines()[0])["message"]?.string == "order:1")
            #expect(lines().map { JSON.text($0)["to"]?.string } == ["customer", "history"])
            try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "1")
            try served.expect(order: 2, toBe: "APPROVED")
            #expect(lines().count == 2)
            try served.stop()
        }
    }
#endif
