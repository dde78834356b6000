#if Server
    import Foundation
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// Sagas over HTTP, and what orders wait for: the same documents as the commands print.
    @Suite struct SagaEndpointTests {
        /// An approved order, then one of each kind whose messages are pending.
        private func workbench() throws -> Workshop {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "50")
            func order(_ saga: String) throws {
                try workbench.succeed(
                    "order", "create", "--customer-id", "1", "--order-total", "4", "--saga", saga)
            }
            try order("orchestration")
            try workbench.succeed("relay", "run", "--until-idle")
            try order("orchestration")
            try order("choreography")
            return workbench
        }

        private func expectSameSagas(
            _ served: ServedSystem, _ orders: ClosedRange<Int> = 1...3,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let list = try served.workbench.run("saga", "list", "--json").output
            for port in [served.orders, served.customers, served.history] {
                let answer = try served.get(port, "/sagas")
                #expect(answer.status == 200, sourceLocation: sourceLocation)
                #expect(answer.body + "\n" == list, sourceLocation: sourceLocation)
            }
            for id in orders {
                let answer = try served.get(served.orders, "/sagas/\(id)")
                #expect(answer.status == 200, sourceLocation: sourceLocation)
                #expect(
                    try served.workbench.run("saga", "show", "\(id)", "--json").output
                        == answer.body + "\n", sourceLocation: sourceLocation)
            }
        }

        @Test func `a saga is also named by TYPE:ID`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            for (number, name) in [
                (1, "CreateOrderSaga:1"), (2, "CreateOrderSaga%3A2"), (3, "Order:3"),
                (3, "Order%3a3"),
            ] {
                #expect(
                    try served.get(served.orders, "/sagas/\(name)").body
                        == served.get(served.orders, "/sagas/\(number)").body, "\(name)")
            }
            let none = try served.get(served.orders, "/sagas/CreateOrderSaga:7")
            #expect(none.status == 404)
            #expect(none.code == "saga-not-found")
            #expect(none.json["help"]?.string == "see all sagas: GET /sagas")
            let chain = try served.post(served.orders, "/sagas/Order:3/skip")
            #expect(chain.status == 409)
            #expect(chain.code == "not-possible")
            let skip = "/sagas/CreateOrderSaga:2/skip?step=reserve%20credit&state=running"
            #expect(try served.post(served.orders, skip).status == 200)
            #expect(try served.post(served.orders, skip).status == 409)
        }

        private func expectSameOrders(
            _ served: ServedSystem, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            for id in 1...3 {
                #expect(
                    try served.workbench.succeed("order", "show", "\(id)", "--json")
                        == served.get(served.orders, "/orders/\(id)").body,
                    sourceLocation: sourceLocation)
            }
            let list = try served.workbench.succeed("order", "list", "--json")
            #expect(
                try served.get(served.orders, "/orders").body == #"{"orders":\#(list)}"#,
                sourceLocation: sourceLocation)
            #expect(
                try served.get(served.orders, "/orders/customer/1").body == list,
                sourceLocation: sourceLocation)
        }

        @Test func `what is on its way is told as by the commands, at every step`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            let waiting = try served.get(served.orders, "/orders/3").json
            #expect(waiting["waitingFor"]?.elements?.first?["message"]?.string == "order:6")
            #expect(waiting["stuck"] == .bool(false))
            for _ in 1...4 {
                try expectSameSagas(served)
                try expectSameOrders(served)
                _ = try served.post(served.orders, "/relay/run")
            }
            #expect(try served.get(served.orders, "/sagas/2").json["state"]?.string == "completed")
            #expect(
                try served.get(served.orders, "/orders/3").json["waitingFor"]?.elements?.isEmpty
                    == true)
        }

        @Test func `what is stuck or waits for a deadline is told as by the commands`() throws {
            let workbench = try workbench()
            try tamper(
                with: workbench.data + "/order.db",
                "UPDATE message SET published = 1 WHERE type = 'ReserveCredit'")
            let served = try ServedSystem("--relay", "manual", in: workbench)
            #expect(try served.get(served.orders, "/orders/2").json["stuck"] == .bool(true))
            try expectSameSagas(served)
            try expectSameOrders(served)
            for state in ["retry_at = 4102444800000", "retry_at = NULL, deadline = 4102444800000"] {
                try tamper(
                    with: workbench.data + "/order.db",
                    "UPDATE saga_instance SET \(state) WHERE id = 2")
                #expect(try served.get(served.orders, "/orders/2").json["stuck"] == .bool(false))
                try expectSameSagas(served)
                try expectSameOrders(served)
                let status = try served.get(served.orders, "/relay/status")
                #expect(status.json["waitingFor"]?.elements?.count == 1)
                #expect(try workbench.succeed("relay", "status", "--json") == status.body)
            }
        }

        @Test func `a list of many pages is complete`() throws {
            let workbench = try workbench()
            try tamper(
                with: workbench.data + "/order.db",
                """
                INSERT INTO orders (customer_id, total, saga, state)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1497)
                SELECT 1, 400, 'choreography', iif(i % 2, 'APPROVED', 'PENDING') FROM n
                """)
            let served = try ServedSystem("--relay", "manual", in: workbench)
            try expectSameSagas(served)
            try expectSameOrders(served)
            #expect(try served.get(served.orders, "/sagas").json.elements?.count == 1500)
        }

        @Test func `a damaged saga is told as far as it can be read`() throws {
            let workbench = try workbench()
            try tamper(
                with: workbench.data + "/order.db",
                "UPDATE saga_instance SET state_name = 'x' WHERE id = 2")
            let served = try ServedSystem("--relay", "manual", in: workbench)
            try expectSameSagas(served)
            let saga = try served.get(served.orders, "/sagas/2").json
            #expect(saga["state"]?.string == "damaged")
            #expect(saga["damage"]?.elements?.count == 1)
        }

        @Test func `an order that does not exist has no saga`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            for (path, status, code) in [
                ("/sagas/9", 404, "order-not-found"), ("/sagas/x", 400, "invalid-id"),
                ("/sagas?state=failed", 400, "invalid-query"),
            ] {
                let answer = try served.get(served.orders, path)
                #expect(answer.status == status, "\(path)")
                #expect(answer.code == code, "\(path)")
            }
            #expect(
                try served.get(served.orders, "/sagas/9").json["help"]?.string
                    == "see all sagas: GET /sagas")
            let refused = try served.post(served.orders, "/sagas/1/retry")
            #expect(refused.json["help"]?.string == "see the saga: GET /sagas/1")
        }

        @Test func `an order is told also while the customers' store is away`() throws {
            let served = try ServedSystem("--relay", "manual", in: try workbench())
            for name in ["customer.db", "customer.db-wal", "customer.db-shm"] {
                try FileManager.default.removeItem(atPath: served.workbench.data + "/" + name)
            }
            for path in ["/orders", "/orders/3", "/sagas", "/sagas/3", "/relay/status"] {
                let answer = try served.get(served.orders, path)
                #expect(answer.status == 200, "\(path): \(answer.body)")
            }
            #expect(
                try served.get(served.orders, "/orders/3").json["orderState"]?.string == "PENDING")
        }
    }
#endif
