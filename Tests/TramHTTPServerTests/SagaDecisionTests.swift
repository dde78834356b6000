#if Server
    import Foundation
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// An operator's decisions about sagas over HTTP.
    @Suite struct SagaDecisionTests {
        /// Three orchestrated orders, of which the command of the first two was discarded.
        private func workbench() throws -> Workshop {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "50")
            for _ in 1...3 {
                try workbench.succeed(
                    "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
                    "orchestration")
            }
            try tamper(
                with: workbench.data + "/order.db",
                "UPDATE message SET payload = '{}' WHERE id IN (2, 4)")
            _ = try workbench.run("relay", "run", "--max-attempts", "1")
            try workbench.succeed("deadletter", "discard", "--all", "--yes")
            return workbench
        }

        @Test func `a stuck saga is helped, beside the server's relay`() throws {
            let workbench = try workbench()
            let served = try ServedSystem(in: workbench)
            try served.expect(order: 3, toBe: "APPROVED")
            #expect(
                try served.get(served.orders, "/relay/status").json["stuck"]?.elements?.count == 2)
            let metrics = try served.get(served.orders, "/metrics").body
            #expect(metrics.contains("\ntram_sagas_needing_help{need=\"stuck\"} 2\n"))
            #expect(metrics.contains("\ntram_sagas_needing_help{need=\"failed\"} 0\n"))
            let resent = try served.post(served.orders, "/sagas/1/resend?reason=it%20was%20lost")
            #expect(
                resent.json["effects"]?.elements?.first?.string
                    == "CreateOrderSaga 1: reserve credit requested")
            try served.expect(order: 1, toBe: "APPROVED")
            let elsewhere = try served.post(served.orders, "/sagas/2/skip?step=approve%20order")
            #expect(elsewhere.status == 409)
            #expect(elsewhere.code == "not-stuck")
            let undoing = try served.post(
                served.orders, "/sagas/2/skip?step=reserve%20credit&state=compensating")
            #expect(undoing.status == 409)
            #expect(undoing.code == "not-possible")
            let skip = "/sagas/2/skip?step=reserve%20credit&state=running"
            #expect(try served.post(served.orders, skip).status == 200)
            #expect(try served.post(served.orders, skip).status == 409)
            try served.expect(order: 2, toBe: "APPROVED")
            #expect(
                try served.get(served.orders, "/relay/status").json["stuck"]?.elements?.count == 0)
            try served.stop()
            #expect(
                try workbench.succeed("saga", "show", "1").contains(
                    "\nresent     reserve credit  it was lost\n"))
            #expect(try workbench.run("store", "check").status == 0)
        }

        @Test func `what makes no sense is answered as a problem`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            for (path, status, code) in [
                ("/sagas/3/resend", 409, "not-stuck"), ("/sagas/3/retry", 409, "saga-not-failed"),
                ("/sagas/3/rollback", 409, "not-compensatable"),
                ("/sagas/9/abandon", 404, "order-not-found"), ("/sagas/x/skip", 400, "invalid-id"),
                ("/sagas/1/skip?why=x", 400, "invalid-query"),
                ("/sagas/1/resend?step=x", 400, "invalid-query"),
                ("/sagas/1/skip?state=odd", 400, "usage"),
                ("/sagas/1/mend", 404, "not-found"),
            ] {
                let answer = try served.post(served.orders, path)
                #expect(answer.status == status, "\(path): \(answer.body)")
                #expect(answer.code == code, "\(path)")
            }
            #expect(try served.post(served.orders, "/sagas/2/rollback").status == 200)
            #expect(try served.post(served.orders, "/sagas/1/abandon").status == 200)
            #expect(try served.post(served.orders, "/sagas/1/retry").code == "saga-not-failed")
            try served.stop()
        }

        @Test func `a refusal names what would be accepted, as a request`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            let refused = try served.post(served.orders, "/sagas/3/rollback")
            #expect(
                refused.body.contains(
                    "decide otherwise: POST /sagas/3/skip or POST /sagas/3/abandon"),
                "\(refused.body)")
            let cancelled = try served.post(served.orders, "/orders/1/cancel")
            #expect(cancelled.status == 409)
            #expect(cancelled.body.contains("unless its saga is helped: GET /sagas/1"))
            try served.stop()
        }

        @Test func `a decision takes no idempotency key, and says so`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            let before = try served.get(served.orders, "/sagas/1").body
            let refused = try HTTPConnection(port: served.orders).request(
                "POST", "/sagas/1/resend", headers: [("Idempotency-Key", "k1")])
            #expect(refused.status == 400)
            #expect(refused.code == "invalid-idempotency-key")
            #expect(try served.get(served.orders, "/sagas/1").body == before)
            let document = try served.get(served.orders, "/openapi.json").body
            #expect(document.contains("The header Idempotency-Key is not taken."))
            try served.stop()
        }

        @Test func `on stores that do not fit nothing is decided`() throws {
            let workbench = try workbench()
            try workbench.succeed("store", "backup", workbench.directory.file("kept"))
            try workbench.succeed("saga", "resend", "1", "--yes")
            try workbench.succeed("relay", "run", "--until-idle")
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: workbench.data + "/order.db" + suffix)
            }
            try FileManager.default.copyItem(
                atPath: workbench.directory.file("kept") + "/order.db",
                toPath: workbench.data + "/order.db")
            let served = try ServedSystem("--relay", "manual", in: workbench)
            for decision in ["retry", "resend", "skip", "rollback", "abandon"] {
                let refused = try served.post(served.orders, "/sagas/1/\(decision)")
                #expect(refused.code == "store-rolled-back", "\(refused.body)")
            }
            try served.stop()
        }

        @Test func `a store that cannot be looked at is told in the relay's status`() throws {
            let workbench = try workbench()
            let served = try ServedSystem("--relay", "manual", in: workbench)
            try tamper(with: workbench.data + "/history.db", "PRAGMA user_version = 9999")
            let status = try served.get(served.orders, "/relay/status")
            #expect(status.status == 200)
            #expect(status.json["unavailable"]?.elements?.map(\.string) == ["history"])
            #expect(status.json["idle"] == .bool(false))
            try served.stop()
        }

        @Test(arguments: ["definition_version = 7", "saga_data_json = '{'", "state_name = 'x'"])
        func `a stranded or damaged saga can only be abandoned`(spoilt: String) throws {
            let workbench = try workbench()
            try tamper(
                with: workbench.data + "/order.db",
                "UPDATE saga_instance SET \(spoilt) WHERE id = 1")
            let served = try ServedSystem("--relay", "manual", in: workbench)
            let skipped = try served.post(served.orders, "/sagas/1/skip")
            let isStranded = spoilt.hasPrefix("definition_version")
            #expect(
                skipped.code == (isStranded ? "saga-stranded" : "store-damaged"), "\(skipped.body)")
            #expect(skipped.status == (isStranded ? 409 : 500))
            if isStranded {
                #expect(skipped.body.contains("give it up: POST /sagas/1/abandon"))
                #expect(skipped.body.contains("this program knows version 1"))
            }
            let abandoned = try served.post(served.orders, "/sagas/1/abandon?reason=by%20mail")
            #expect(abandoned.status == 200, "\(abandoned.body)")
            #expect(
                abandoned.json["effects"]?.elements?.first?.string?.hasPrefix(
                    "CreateOrderSaga 1: abandoned, FAILED") == true)
            #expect(try served.post(served.orders, "/sagas/1/abandon").status == 409)
            try served.stop()
            #expect(try workbench.succeed("saga", "list").contains("1      orchestration  failed"))
        }
    }
#endif
