#if Server
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// A request that is repeated with its Idempotency-Key has one effect, and gets the same answer.
    @Suite struct IdempotencyKeyTests {
        let served: ServedSystem

        init() throws {
            served = try ServedSystem("--relay", "manual")
        }

        private static let order = #"{"customerId":1,"orderTotal":{"amount":4}}"#

        private func post(
            _ port: Int, _ path: String, _ body: String?, keys: String...
        ) throws -> HTTPResponse {
            try HTTPConnection(port: port).request(
                "POST", path, body, headers: keys.map { ("Idempotency-Key", $0) })
        }

        private func deliverAll() throws {
            try served.workbench.succeed("relay", "run", "--until-idle")
        }

        @Test func `every request that changes something can be repeated`() throws {
            let customer = #"{"name":"x","creditLimit":{"amount":5}}"#
            for _ in 1...2 {
                let answer = try post(served.customers, "/customers", customer, keys: "k")
                #expect(answer.status == 200)
                #expect(answer.body == #"{"customerId":1}"#)
            }
            for _ in 1...2 {
                let answer = try post(served.orders, "/orders", Self.order, keys: "k")
                #expect(answer.status == 200)
                #expect(answer.body == #"{"orderId":1}"#)
                try deliverAll()
            }
            for _ in 1...2 {
                let answer = try post(served.orders, "/orders/1/cancel", nil, keys: "cancel")
                #expect(answer.status == 200)
                #expect(
                    answer.body
                        == #"{"orderId":1,"orderState":"CANCELLED","rejectionReason":null,"#
                        + #""customerId":1,"orderTotal":{"amount":4},"saga":"choreography"}"#)
            }
            #expect(
                try served.get(served.orders, "/orders").json["orders"]?.elements?.count == 1)
            let customers = try served.get(served.customers, "/customers")
            #expect(customers.json["customers"]?.elements?.count == 1)
            #expect(try post(served.orders, "/orders/1/cancel", nil, keys: "new").status == 409)
        }

        @Test func `the shell and HTTP share keys and answers`() throws {
            let command = [
                "order", "create", "--customer-id", "1", "--order-total", "4", "--idempotency-key",
            ]
            func run(_ key: String) throws -> String {
                let result = try served.workbench.run(command + [key])
                #expect(result.status == 0, "\(result.errors)")
                return result.output
            }
            #expect(
                try post(served.orders, "/orders", Self.order, keys: "first-http").body
                    == #"{"orderId":1}"#)
            #expect(
                try run("first-http") == """
                    Created order 1: PENDING, total 4.00, customer 1 (choreography)
                    Published order:1 OrderCreated (pending)

                    """)
            let printed = try run("first-shell")
            try deliverAll()
            #expect(
                try post(served.orders, "/orders", Self.order, keys: "first-shell").body
                    == #"{"orderId":2}"#)
            #expect(try run("first-shell") == printed)
        }

        @Test func `another request with the key is refused with 422`() throws {
            _ = try post(served.orders, "/orders", Self.order, keys: "k")
            for (path, body) in [
                ("/orders", #"{"customerId":1,"orderTotal":{"amount":5}}"#),
                ("/orders/1/cancel", nil),
            ] {
                let answer = try post(served.orders, path, body, keys: "k")
                #expect(answer.status == 422)
                #expect(answer.json["title"]?.string == "Unprocessable Content")
                #expect(answer.code == "idempotency-key-reused")
            }
            #expect(
                try served.get(served.orders, "/orders").json["orders"]?.elements?.count == 1)
        }

        @Test(arguments: ["", "a b", "k\u{7F}", "ü", String(repeating: "k", count: 201)])
        func `what is no key is refused`(key: String) throws {
            let answer = try post(served.orders, "/orders", Self.order, keys: key)
            #expect(answer.status == 400)
            #expect(try served.get(served.orders, "/orders").body == #"{"orders":[]}"#)
        }

        @Test func `two keys are refused`() throws {
            let answer = try post(served.orders, "/orders", Self.order, keys: "a", "b")
            #expect(answer.status == 400)
            #expect(answer.code == "invalid-idempotency-key")
        }

        @Test func `a refusal is not remembered`() throws {
            #expect(
                try post(served.orders, "/orders/1/cancel", nil, keys: "k").code
                    == "order-not-found")
            _ = try served.createCustomer(limit: "5")
            _ = try served.createOrder(customer: 1, total: "4", .choreography)
            #expect(
                try post(served.orders, "/orders/1/cancel", nil, keys: "k").code
                    == "order-not-cancellable")
            try deliverAll()
            #expect(try post(served.orders, "/orders/1/cancel", nil, keys: "k").status == 200)
        }

        @Test func `clients that race with one key get one order`() throws {
            let port = served.orders
            inParallel(8) { _ in
                let answer = try? HTTPConnection(port: port).request(
                    "POST", "/orders", Self.order, headers: [("Idempotency-Key", "k")])
                #expect(answer?.body == #"{"orderId":1}"#)
            }
            #expect(
                try served.get(served.orders, "/orders").json["orders"]?.elements?.count == 1)
        }

        @Test func `the description tells of the header`() throws {
            for (port, path) in [
                (served.orders, "/orders"), (served.orders, "/orders/{id}/cancel"),
                (served.customers, "/customers"),
            ] {
                let document = try served.get(port, "/openapi.json").json
                let operation = try #require(document["paths"]?[path]?["post"])
                let parameters = operation["parameters"]?.elements ?? []
                let header = parameters.first { $0["in"]?.string == "header" }
                #expect(header?["name"]?.string == "Idempotency-Key")
                #expect(header?["required"] == .bool(false))
                #expect(operation["responses"]?["422"] != nil)
            }
        }
    }
#endif
