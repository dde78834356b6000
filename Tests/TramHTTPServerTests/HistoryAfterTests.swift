#if Server
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// The order history over HTTP, asked to wait for a message.
    @Suite struct HistoryAfterTests {
        private func serve(_ relay: String) throws -> ServedSystem {
            let served = try ServedSystem("--relay", relay)
            _ = try served.createCustomer(limit: "5")
            _ = try served.createOrder(customer: 1, total: "4", .choreography)
            return served
        }

        @Test(arguments: ["/customers/1", "/customers/1/orderhistory"])
        func `the answer shows what the message tells`(path: String) throws {
            let served = try serve("auto")
            for order in 2...6 {
                // Two messages each, and the second one tells that the order is rejected.
                _ = try served.createOrder(customer: 1, total: "9", .choreography)
                try served.expect(order: order, toBe: "REJECTED")
                let sent = try served.workbench.succeed("outbox", "list", "-q")
                    .split(separator: "\n").last { $0.hasPrefix("order:") }
                let message = try #require(sent)
                let answer = try served.get(
                    served.history, "\(path)?after=\(message)&timeout=20s")
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.json["orders"]?["\(order)"]?["state"] == .string("REJECTED"))
                #expect(
                    answer.body == (try served.get(served.history, path)).body,
                    "it is the usual answer")
            }
        }

        @Test func `a request waits for the relay, and no thread with it`() throws {
            let served = try serve("manual")
            let waiting = try (1...8).map { _ in
                let connection = try HTTPConnection(port: served.history)
                try connection.send(
                    "GET /customers/1?after=order%3A1 HTTP/1.1\r\n"
                        + "Host: localhost:\(served.history)\r\n\r\n")
                return connection
            }
            // There are four threads for reading.
            for _ in 1...4 {
                #expect(try served.get(served.orders, "/orders/1").status == 200)
            }
            #expect(try served.post(served.history, "/relay/run").status == 200)
            for connection in waiting {
                let answer = try connection.response()
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.json["orders"]?["1"]?["state"] == .string("PENDING"))
            }
        }

        @Test func `when the time is over, the answer is 503`() throws {
            let served = try serve("manual")
            for timeout in ["0s", "30ms"] {
                let answer = try served.get(
                    served.history, "/customers/1?after=order:1&timeout=\(timeout)")
                #expect(answer.status == 503)
                #expect(answer.code == "not-handled-yet")
                #expect(answer.headers["retry-after"] == "1")
                #expect(
                    answer.json["detail"]?.string
                        == "the order history has not handled order:1 yet. The time is over.")
            }
        }

        @Test func `what cannot be waited for is refused at once`() throws {
            let served = try serve("manual")
            _ = try served.createOrder(customer: 1, total: "1", .orchestration)
            for (query, status, code) in [
                ("after=order", 400, "invalid-message-id"), ("after=", 400, "invalid-message-id"),
                ("after=order:1&timeout=31s", 400, "invalid-duration"),
                ("after=order:1&timeout=1m", 400, "invalid-duration"),
                ("after=order:1&timeout=01s", 400, "invalid-duration"),
                ("after=order:1&timeout=", 400, "invalid-duration"),
                ("timeout=x", 400, "invalid-duration"),
                ("after=order:99", 404, "message-not-found"),
                ("after=nobody:1", 404, "message-not-found"),
                ("after=order:3", 409, "not-possible"), ("timeout=1s", 404, "customer-not-found"),
            ] {
                let answer = try served.get(served.history, "/customers/1?" + query)
                #expect(answer.status == status, "\(query): \(answer.body)")
                #expect(answer.code == code, "\(query)")
            }
        }

        @Test func `a server that ends waits for nothing`() throws {
            let served = try serve("manual")
            let connection = try HTTPConnection(port: served.history)
            try connection.send(
                "GET /customers/1?after=order:1 HTTP/1.1\r\nHost: localhost:\(served.history)\r\n"
                    + "Expect: 100-continue\r\n\r\n")
            // The server has taken the request.
            #expect(try connection.response().status == 100)
            let start = MonotonicTime.now()
            try served.stop()
            #expect(MonotonicTime.now() - start < 10_000)
            #expect(try connection.response().status == 503)
        }
    }
#endif
