#if Server
    import Foundation
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// Starting, watching and ending a server.
    @Suite struct OperationTests {
        @Test func `the ports are told, for people too`() throws {
            let workbench = try Workshop()
            let process = try workbench.start(
                "serve", "--orders-port", "0", "--customers-port", "0", "--history-port", "0",
                "--relay", "manual")
            try eventually("it serves") { try process.outputSoFar().contains("relay") }
            process.send(SIGINT)
            let result = try process.wait()
            #expect(result.status == 0)
            let words = result.lines.map { $0.split(separator: " ").map(String.init) }
            #expect(words.prefix(3).map { $0[0] } == ["orders", "customers", "history"])
            #expect(words.prefix(3).allSatisfy { $0[1].hasPrefix("http://127.0.0.1:") })
            #expect(
                result.lines.last
                    == "The relay waits: 'tram relay run' or POST /relay/run makes a pass.")
            // The data directory was made.
            #expect(try workbench.run("customer", "list").output == "No customers.\n")
        }

        @Test func `a port that is taken is told`() throws {
            let served = try ServedSystem()
            let second = try Workshop().run(
                "serve", "--orders-port", "0", "--customers-port", "0", "--history-port",
                "\(served.history)", "--json")
            #expect(second.status == 69)
            #expect(second.output == "")
            let problem = JSON.text(
                String(second.errors.split(separator: "\n").last ?? ""))["error"]
            #expect(problem?["code"] == .string("port-in-use"))
            #expect(problem?["field"] == .string("history-port"))
            #expect(problem?["value"] == .string("\(served.history)"))
            #expect(problem?["exitCode"] == .number("69"))
        }

        @Test func `a server that cannot start delivers nothing, also under requests`() throws {
            let served = try ServedSystem()
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
            let free = try ServedSystem()
            let (orders, customers) = (free.orders, free.customers)
            try free.stop()
            for _ in 1...15 {
                let second = try workbench.start(
                    "serve", "--orders-port", "\(orders)", "--customers-port", "\(customers)",
                    "--history-port", "\(served.history)")
                for _ in 1...30 { _ = try? HTTPConnection(port: orders) }
                let result = try second.wait()
                #expect(result.status == 69, "\(result.errors)")
                #expect(result.errors.hasPrefix("error[port-in-use]"), "\(result.errors)")
            }
            #expect(
                try workbench.run("relay", "status", "--exit-code").status == 2,
                "the customer's event is still pending")
        }

        @Test(arguments: [
            (["--orders-port", "65536"], "invalid-port"),
            (["--history-port", "-1"], "invalid-port"),
            (["--customers-port", "http"], "invalid-port"),
            (["--listen", "example"], "invalid-address"),
            (["--listen", "0.0.0.0"], "usage"),
            (["--listen", "192.168.1.1"], "usage"),
            (["--host", "a:1"], "invalid-host-name"),
            (["--host", ""], "invalid-host-name"),
            (["--token-file", "/nonexistent"], "invalid-token-file"),
            (["--token-file", "/dev/null"], "invalid-token-file"),
            (["--relay", "maybe"], "usage"), (["--orders-port", "8082"], "usage"),
            (["--idle-timeout", "soon"], "invalid-duration"),
            (["--max-connections", "0"], "invalid-count"),
        ]) func `what cannot be served is refused`(options: [String], code: String) throws {
            let workbench = try Workshop()
            let result = try workbench.run(["serve", "--json"] + options)
            #expect(result.status == 64, "\(result.errors)")
            #expect(result.errors.contains("\"code\":\"\(code)\""), "\(result.errors)")
            #expect(try workbench.bytes().isEmpty)
        }

        @Test func `a damaged store is refused before anything is served`() throws {
            let workbench = try Workshop()
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
            try FileManager.default.removeItem(atPath: workbench.data + "/order.db")
            let result = try workbench.run(
                "serve", "--orders-port", "0", "--customers-port", "0", "--history-port", "0")
            #expect(result.status == 65)
            #expect(result.errors.hasPrefix("error[store-damaged]"))
            #expect(result.output == "")
        }

        @Test func `requests in hand are answered before the end`() throws {
            let served = try ServedSystem("--relay", "manual")
            let customer = try served.createCustomer(limit: "5")
            let lock = try FileLock(path: served.workbench.data + "/order.db-lock")
            #expect(try lock.acquire(waitingAtMost: 5000))
            let connection = try HTTPConnection(port: served.orders)
            let body = #"{"customerId":\#(customer),"orderTotal":{"amount":4}}"#
            try connection.send(
                "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            // The request is being worked at when it waits for the lock.
            MonotonicTime.sleep(milliseconds: 300)
            served.process.send(SIGTERM)
            try eventually("no new connections") {
                (try? HTTPConnection(port: served.orders)) == nil
            }
            lock.release()
            #expect(try connection.response().body == #"{"orderId":1}"#)
            #expect(try served.process.wait().status == 0)
            #expect(try served.workbench.succeed("order", "show", "1", "-q").contains("PENDING"))
        }

        @Test func `after an orderly end each store is one file`() throws {
            let served = try ServedSystem()
            let customer = try served.createCustomer(limit: "5")
            let order = try served.createOrder(customer: customer, total: "4", .orchestration)
            try served.expect(history: customer, toShow: order, "APPROVED")
            try served.stop()
            let copy = try Workshop()
            let result = try shell(
                "mkdir '\(copy.data)' && cd '\(served.workbench.data)' && "
                    + "cp customer.db order.db history.db tram-format '\(copy.data)'")
            #expect(result.status == 0)
            #expect(try copy.succeed("order", "show", "1").contains("APPROVED"))
            #expect(try copy.run("store", "check").status == 0)
        }

        @Test func `health is DOWN when a store is gone bad, and the log tells why`() throws {
            let served = try ServedSystem("--relay", "manual")
            for port in [served.orders, served.customers, served.history] {
                let answer = try served.get(port, "/actuator/health")
                #expect(answer.status == 200)
                #expect(answer.body == #"{"status":"UP","details":[],"parked":0}"#)
            }
            try tamper(with: served.workbench.data + "/order.db", "DROP TABLE message")
            let answer = try served.get(served.orders, "/actuator/health")
            #expect(answer.status == 503)
            #expect(answer.json["status"] == .string("DOWN"))
            let order = try served.post(
                served.orders, "/orders", #"{"customerId":1,"orderTotal":{"amount":4}}"#)
            #expect(order.status == 500)
            #expect(order.json["detail"] == .string("the server failed to answer"))
            #expect(try served.stop().errors.contains("a request failed"))
        }

        @Test func `an order is taken into the stores that are there, or not at all`() throws {
            let served = try ServedSystem()
            let workbench = served.workbench
            let customer = try served.createCustomer(limit: "5")
            let body = #"{"customerId":\#(customer),"orderTotal":{"amount":4}}"#
            // A directory in use is not emptied in one step.
            try FileManager.default.moveItem(
                atPath: workbench.data, toPath: workbench.data + "-away")
            for _ in 1...3 {
                let answer = try served.post(served.orders, "/orders", body)
                #expect(answer.status == 500)
                #expect(answer.code == "store-damaged")
                #expect(try served.get(served.orders, "/orders").status == 500)
            }
            let health = try served.get(served.orders, "/actuator/health")
            #expect(health.status >= 500)
            #expect(!health.body.contains(workbench.data))

            // Where there are stores again, those are used.
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
            try eventually("the new stores are found") {
                try served.post(served.orders, "/orders", body).status == 200
            }
            try served.expect(order: 1, toBe: "APPROVED")
            #expect(try workbench.succeed("order", "show", "1").contains("APPROVED"))
            try served.stop()
        }

        @Test func `the log is a line of JSON for each request, without what was sent`() throws {
            let served = try ServedSystem()
            _ = try served.post(
                served.customers, "/customers",
                #"{"name":"Secret Name","creditLimit":{"amount":77.77}}"#)
            _ = try served.get(served.orders, "/orders/4711")
            let lines = try served.stop().errors.split(separator: "\n").map {
                JSON.text(String($0))
            }
            let requests = lines.filter { $0["event"] == .string("request") }
            #expect(requests.map { $0["path"]?.string } == ["/customers", "/orders/{id}"])
            #expect(requests.map { $0["status"]?.integer } == [200, 404])
            #expect(lines.allSatisfy { $0["time"]?.string?.hasSuffix("Z") == true })
            let text = lines.map(\.text).joined()
            #expect(!text.contains("Secret") && !text.contains("77.77"))
            #expect(!requests.contains { $0["path"]?.string?.contains("4711") == true })
        }

        @Test func `whoever does not read the log holds up nobody`() throws {
            let workbench = try Workshop()
            // Its standard error is a pipe that nobody reads from, and is full after 64 KiB.
            let process = try ChildProcess(
                "bash",
                [
                    "-c",
                    """
                    mkfifo '\(workbench.directory.file("log"))'
                    exec 3<>'\(workbench.directory.file("log"))'
                    exec '\(TramProcess.program)' serve --json --data-dir '\(workbench.data)' \
                        --orders-port 0 --customers-port 0 --history-port 0 2>&3
                    """,
                ])
            try eventually("it serves") { try process.outputSoFar().hasSuffix("\n") }
            let announced = try JSON(parsing: Array(process.outputSoFar().utf8))
            let port = try #require(announced["orders"]?["port"]?.integer)
            let connection = try HTTPConnection(port: port)
            for _ in 1...2000 {
                #expect(try connection.request("GET", "/orders/1").status == 404)
            }
            process.send(SIGTERM)
            #expect(try process.wait().status == 0)
        }

        @Test func `measurements are told in Prometheus' format`() throws {
            let served = try ServedSystem()
            let customer = try served.createCustomer(limit: "5")
            let order = try served.createOrder(customer: customer, total: "4", .choreography)
            try served.expect(history: customer, toShow: order, "APPROVED")
            let answer = try served.get(served.history, "/metrics")
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "# TYPE eventuate_cdc_messages_processed_total counter",
                #"eventuate_cdc_messages_processed_total{outbox="order"} 2"#,
                #"eventuate_cdc_messages_processed_total{outbox="customer"} 2"#,
                #"eventuate_cdc_event_age_seconds_count{subscriber="history"} 3"#,
                "eventuate_cdc_leader 1", #"tram_outbox_backlog{outbox="order"} 0"#,
                #"tram_delivery_attempts_total{subscriber="customer",outcome="handled"} 1"#,
                #"tram_http_requests_total{service="order",method="POST",path="/orders",status="200"} 1"#,
            ] {
                #expect(answer.body.contains(line + "\n"), "\(line)")
            }
            for name in ["tram_delivery_seconds", "tram_commit_seconds"] {
                #expect(answer.body.contains(#"\#(name)_bucket{store="history",le="+Inf"}"#))
            }
        }
    }
#endif
