#if Server
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// Requests that are refused, and what their senders are told.
    @Suite struct RequestTests {
        let served: ServedSystem

        init() throws {
            served = try ServedSystem("--relay", "manual")
        }

        @Test func `a problem tells what is wrong, in the words of the command line`() throws {
            let answer = try served.get(served.orders, "/orders/7")
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(
                answer.body
                    == #"{"type":"about:blank","title":"Not Found","status":404,"#
                    + #""detail":"order 7 does not exist","code":"order-not-found","field":"id","#
                    + #""value":"7","help":"see all orders: GET /orders"}"#)
            _ = try served.createCustomer(limit: "1")
            let command = try served.workbench.run("order", "show", "7", "--json")
            #expect(command.errors.contains(#""message":"order 7 does not exist""#))
        }

        @Test func `a rule refuses with 409, and nothing has changed`() throws {
            let customer = try served.createCustomer(limit: "5")
            let order = try served.createOrder(customer: customer, total: "4", .choreography)
            let answer = try served.post(served.orders, "/orders/\(order)/cancel")
            #expect(answer.status == 409)
            #expect(answer.code == "order-not-cancellable")
            #expect(
                try served.get(served.orders, "/orders/\(order)").json["orderState"]
                    == .string("PENDING"))
            #expect(try served.post(served.orders, "/orders/99/cancel").code == "order-not-found")
        }

        @Test(arguments: [
            ("", "invalid-json"), ("{", "invalid-json"), ("null", "invalid-body"),
            ("[]", "invalid-body"), ("{}", "invalid-body"),
            (#"{"customerId":1}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":4}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":{}}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":{"amount":"4"}}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":{"amount":4,"currency":"EUR"}}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":{"amount":4},"total":4}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":{"amount":4},"saga":"ballet"}"#, "invalid-body"),
            (#"{"customerId":1,"orderTotal":{"amount":4},"saga":null}"#, "invalid-body"),
            (#"{"customerId":"1","orderTotal":{"amount":4}}"#, "invalid-body"),
            (#"{"customerId":0,"orderTotal":{"amount":4}}"#, "invalid-id"),
            (#"{"customerId":-1,"orderTotal":{"amount":4}}"#, "invalid-id"),
            (#"{"customerId":1.5,"orderTotal":{"amount":4}}"#, "invalid-id"),
            (#"{"customerId":9223372036854775808,"orderTotal":{"amount":4}}"#, "invalid-id"),
            (#"{"customerId":1,"orderTotal":{"amount":0}}"#, "invalid-amount"),
            (#"{"customerId":1,"orderTotal":{"amount":-4}}"#, "invalid-amount"),
            (#"{"customerId":1,"orderTotal":{"amount":4.005}}"#, "invalid-amount"),
            (#"{"customerId":1,"orderTotal":{"amount":1000000000000}}"#, "invalid-amount"),
            (#"{"customerId":1,"orderTotal":{"amount":1e3}}"#, "invalid-json"),
            (#"{"customerId":1,"orderTotal":{"amount":4},}"#, "invalid-json"),
            (#"{"customerId":1,"customerId":2,"orderTotal":{"amount":4}}"#, "invalid-json"),
            (#"{"customerId":1,"orderTotal":{"amount":NaN}}"#, "invalid-json"),
        ]) func `a bad order is refused, and nothing is made`(body: String, code: String) throws {
            let answer = try served.post(served.orders, "/orders", body)
            #expect(answer.status == 400, "\(answer.body)")
            #expect(answer.code == code, "\(answer.body)")
            #expect(try served.get(served.orders, "/orders").body == #"{"orders":[]}"#)
        }

        @Test(arguments: [
            (#"{"name":"","creditLimit":{"amount":1}}"#, "invalid-name"),
            (#"{"name":" ","creditLimit":{"amount":1}}"#, "invalid-name"),
            (#"{"name":"a\u0007b","creditLimit":{"amount":1}}"#, "invalid-name"),
            (#"{"name":1,"creditLimit":{"amount":1}}"#, "invalid-body"),
            (#"{"name":"x","creditLimit":{"amount":-1}}"#, "invalid-amount"),
            (#"{"name":"\ud83d","creditLimit":{"amount":1}}"#, "invalid-json"),
            (#"{"creditLimit":{"amount":1}}"#, "invalid-body"),
        ]) func `a bad customer is refused`(body: String, code: String) throws {
            let answer = try served.post(served.customers, "/customers", body)
            #expect(answer.status == 400)
            #expect(answer.code == code, "\(answer.body)")
        }

        @Test func `numbers may be written with zeros that change nothing`() throws {
            let customer = try served.post(
                served.customers, "/customers", #"{"name":"x","creditLimit":{"amount":5.000}}"#)
            #expect(customer.body == #"{"customerId":1}"#)
            let order = try served.post(
                served.orders, "/orders", #"{"customerId":1.0,"orderTotal":{"amount":4.50}}"#)
            #expect(order.body == #"{"orderId":1}"#)
            #expect(
                try served.get(served.orders, "/orders/1").json["orderTotal"]?["amount"]
                    == .number("4.5"))
        }

        @Test(arguments: [
            "/orders/abc", "/orders/0", "/orders/-1", "/orders/01", "/orders/1.0", "/orders/%31",
            "/orders/+1", "/orders/9223372036854775808", "/orders/..", "/orders/customer/x",
        ]) func `ids in a path are strict`(path: String) throws {
            let answer = try served.get(served.orders, path)
            #expect(answer.status == 400, "\(answer.body)")
            #expect(answer.code == "invalid-id")
        }

        @Test(arguments: [
            "/", "/order", "/orders/", "//orders", "/orders/1/", "/customers", "/orders/1/refund",
            "/../etc/passwd", "/orders/../../etc/passwd", "/%2e%2e/etc/passwd", "/Orders",
            "/orders%00", "/orders;x",
        ]) func `what is not there is not found`(path: String) throws {
            let answer = try served.get(served.orders, path)
            #expect(answer.status == 404, "\(answer.body)")
            #expect(answer.code == "not-found")
        }

        @Test func `the right service is told`() throws {
            let answer = try served.get(served.orders, "/customers/1")
            #expect(
                answer.json["help"]
                    == .string("ask the customer service, which is at another port"))
        }

        @Test(arguments: ["/orders?state=APPROVED", "/orders/1?x", "/actuator/health?verbose=1"])
        func `what is not known in a query is refused`(path: String) throws {
            let answer = try served.get(served.orders, path)
            #expect(answer.status == 400)
            #expect(answer.code == "invalid-query")
        }

        @Test func `where there is nothing to say, nothing may be said`() throws {
            _ = try served.createOrder(customer: 1, total: "4", .choreography)
            for body in ["{{{", "[]", #"{"why":"so"}"#] {
                #expect(try served.post(served.orders, "/orders/1/cancel", body).status == 400)
            }
            #expect(try served.post(served.orders, "/orders/1/cancel", "{}").status == 409)
        }

        @Test func `a method that is not allowed is told which are`() throws {
            for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"] {
                let answer = try HTTPConnection(port: served.orders).request(method, "/orders")
                #expect(answer.status == 405, "\(method)")
                #expect(answer.headers["allow"] == "POST, GET, HEAD")
                #expect(answer.headers["access-control-allow-origin"] == nil)
            }
            #expect(try served.get(served.orders, "/orders/1/cancel").status == 405)
        }

        @Test func `HEAD answers like GET, without a body`() throws {
            let connection = try HTTPConnection(port: served.orders)
            let head = try connection.request("HEAD", "/orders")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "13")
            #expect(try connection.request("GET", "/orders").body == #"{"orders":[]}"#)
        }

        @Test func `a body must be declared as JSON`() throws {
            let body = #"{"customerId":1,"orderTotal":{"amount":4}}"#
            func post(_ type: String) throws -> HTTPResponse {
                try HTTPConnection(port: served.orders).request(
                    "POST", "/orders", body, headers: [("Content-Type", type)])
            }
            for type in [
                "text/plain", "application/x-www-form-urlencoded", "", "application/json5",
                "applic ation/json",
                ";application/json",
            ] {
                #expect(try post(type).status == 415, "\(type)")
                #expect(try post(type).code == "unsupported-media-type")
            }
            #expect(try post("Application/JSON; charset=utf-8").status == 200)
            // Without a body there is nothing to declare.
            #expect(try served.post(served.orders, "/orders/1/cancel").status == 409)
            let form = try HTTPConnection(port: served.orders).request(
                "POST", "/orders/1/cancel", "",
                headers: [("Content-Type", "application/x-www-form-urlencoded")])
            #expect(form.status == 415)
        }

        @Test func `a store that is busy is told with 503, and is free again later`() throws {
            let served = try ServedSystem("--lock-timeout", "100ms", "--relay", "manual")
            let customer = try served.createCustomer(limit: "5")
            let lock = try FileLock(path: served.workbench.data + "/order.db-lock")
            #expect(try lock.acquire(waitingAtMost: 5000))
            let body = #"{"customerId":\#(customer),"orderTotal":{"amount":4}}"#
            // What is wrong in itself waits for no lock.
            #expect(try served.post(served.orders, "/orders", "{").status == 400)
            let answer = try served.post(served.orders, "/orders", body)
            #expect(answer.status == 503)
            #expect(answer.code == "store-busy")
            #expect(answer.headers["retry-after"] == "1")
            // Reading waits for nobody.
            #expect(try served.get(served.orders, "/orders").body == #"{"orders":[]}"#)
            // However many wait, none waits for long.
            let start = MonotonicTime.now()
            let port = served.orders
            inParallel(150) { _ in
                let answer = try? HTTPConnection(port: port).request("POST", "/orders", body)
                #expect(answer?.status == 503)
            }
            #expect(MonotonicTime.now() - start < 5000)
            lock.release()
            #expect(try served.post(served.orders, "/orders", body).body == #"{"orderId":1}"#)
        }
    }
#endif
