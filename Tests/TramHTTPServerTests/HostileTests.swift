#if Server
    import Foundation
    import Platform
    import TestSupport
    import Testing

    /// Clients that are mistaken, slow or hostile.
    @Suite struct HostileTests {
        @Test func `another site's page gets nowhere`() throws {
            let served = try ServedSystem()
            func get(_ headers: (String, String)...) throws -> HTTPResponse {
                try HTTPConnection(port: served.orders).request("GET", "/orders", headers: headers)
            }
            for host in [
                "evil.example", "evil.example:8081", "localhost.evil.example", "1.2.3.4", "",
                "localhost:x@evil", "[::1]evil", "[::1", "localhost.", "127.0.0.1.evil.example",
            ] {
                let answer = try get(("Host", host))
                #expect(answer.status == 421, "\(host)")
                #expect(answer.code == "wrong-host")
            }
            for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8081", "[::1]:8081"] {
                #expect(try get(("Host", host)).status == 200, "\(host)")
            }
            #expect(try get(("Host", "localhost"), ("Host", "evil.example")).status == 400)
            for origin in [
                "http://evil.example", "null", "https://localhost", "http://localhost:1",
            ] {
                let answer = try get(("Host", "localhost:8081"), ("Origin", origin))
                #expect(answer.status == 403, "\(origin)")
                #expect(answer.code == "foreign-origin")
                #expect(answer.headers["access-control-allow-origin"] == nil)
            }
            #expect(
                try get(("Host", "localhost:8081"), ("Origin", "http://localhost:8081")).status
                    == 200)
        }

        @Test func `with a token, nothing goes without it`() throws {
            let workbench = try Workshop()
            let token = "correct-horse-battery-staple"
            let file = workbench.directory.file("token")
            try (token + "\n").write(toFile: file, atomically: true, encoding: .utf8)
            let served = try ServedSystem(
                "--token-file", file, "--listen", "0.0.0.0", "--host", "tram.example",
                in: workbench)
            func get(_ path: String, _ headers: (String, String)...) throws -> HTTPResponse {
                try HTTPConnection(port: served.orders).request("GET", path, headers: headers)
            }
            for path in ["/orders", "/actuator/health", "/metrics", "/nothing"] {
                let answer = try get(path)
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"] == "Bearer")
                #expect(answer.code == "unauthorized")
            }
            for wrong in ["Bearer", "Bearer x", "Bearer \(token)x", "Basic \(token)", token] {
                #expect(try get("/orders", ("Authorization", wrong)).status == 401, "\(wrong)")
            }
            #expect(try get("/orders", ("Authorization", "Bearer \(token)")).status == 200)
            #expect(
                try get(
                    "/orders", ("Host", "tram.example"), ("Authorization", "bearer \(token)")
                ).status == 200)
            #expect(
                try get(
                    "/orders", ("Host", "other.example"), ("Authorization", "Bearer \(token)")
                ).status == 421)
            #expect(try !served.stop().errors.contains(token))
        }

        @Test(arguments: [
            "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
            "GET /orders HTTP/1.1\r\n\r\n", "GET /or ders HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /orders HTTP/1.1\r\nHost localhost\r\n\r\n",
            "GET /orders HTTP/1.1\r\nHost: localhost\r\nX: a\u{0}b\r\n\r\n",
            "\u{1}\u{2}\u{3}\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST /orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                + "Content-Type: application/json\r\n\r\nzz\r\n",
        ]) func `what is no HTTP is refused`(request: String) throws {
            let served = try ServedSystem()
            let connection = try HTTPConnection(port: served.orders)
            try connection.send(request)
            // Some of it is only the beginning of something, as long as more may come.
            if request != "\r\n\r\n" {
                #expect(try connection.response().status == 400)
            }
            #expect(try served.get(served.orders, "/orders").status == 200)
        }

        @Test func `heads and bodies have an end`() throws {
            let served = try ServedSystem()
            func status(_ headers: String, _ body: String = "") throws -> Int {
                let connection = try HTTPConnection(port: served.orders)
                try connection.send(
                    "POST /orders HTTP/1.1\r\nHost: localhost\r\n"
                        + "Content-Type: application/json\r\n\(headers)\r\n\(body)")
                return try connection.response().status
            }
            let long = String(repeating: "x", count: 100_000)
            #expect(try status("X-Long: \(long)\r\n") == 400)
            #expect(try status((1...200).map { "X-\($0): y\r\n" }.joined()) == 400)
            #expect(try status("Content-Length: 65537\r\n") == 413)
            #expect(try status("Content-Length: 99999999999999\r\n") == 413)
            #expect([400, 413].contains(try status("Content-Length: 99999999999999999999\r\n")))
            #expect(try status("Content-Encoding: gzip\r\nContent-Length: 1\r\n", "x") == 415)
            let chunk = "8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n"
            let chunked = try status("Transfer-Encoding: chunked\r\n", chunk + chunk + "1\r\n \r\n")
            #expect(chunked == 413)
            // Just as much as there may be.
            let body = #"{"customerId":1,"orderTotal":{"amount":4}}"#
            let padded = body + String(repeating: " ", count: 65_536 - body.utf8.count)
            #expect(try status("Content-Length: 65536\r\n", padded) == 200)
            #expect(try served.get(served.orders, "/orders").status == 200)
        }

        @Test func `a body that is too large ends the connection`() throws {
            let served = try ServedSystem()
            let connection = try HTTPConnection(port: served.orders)
            let answer = try connection.request(
                "POST", "/orders", nil,
                headers: [
                    ("Host", "localhost"), ("Content-Type", "application/json"),
                    ("Content-Length", "10000000"),
                ])
            #expect(answer.status == 413)
            #expect(answer.headers["connection"] == "close")
            #expect(connection.waitForClose())
        }

        @Test func `what takes too long is ended`() throws {
            let served = try ServedSystem(
                "--request-timeout", "400ms", "--idle-timeout", "600ms", "--lock-timeout", "0s")
            func isEnded(_ beginning: String, then more: String) throws -> Bool {
                let connection = try HTTPConnection(port: served.orders, timeout: 5)
                try connection.send(beginning)
                let start = MonotonicTime.now()
                // More comes all the time, and nobody is impressed.
                while MonotonicTime.now() - start < 4000 {
                    MonotonicTime.sleep(milliseconds: 50)
                    do { try connection.send(more) } catch { return true }
                }
                return false
            }
            let head = "POST /orders HTTP/1.1\r\nHost: localhost\r\n"
            #expect(try isEnded("", then: "G"))
            #expect(try isEnded("GET /orders HTTP/1.1\r\n", then: "X: y\r\n"))
            #expect(
                try isEnded(
                    head + "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
                    then: " "))
            // Answered already, but with a body that has no end.
            #expect(
                try isEnded(
                    "GET /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n",
                    then: "x"))
            #expect(try isEnded(head + "Transfer-Encoding: chunked\r\n\r\n", then: "1\r\nx\r\n"))
            // Nothing at all.
            #expect(try HTTPConnection(port: served.orders, timeout: 5).waitForClose())
            let connection = try HTTPConnection(port: served.orders, timeout: 5)
            #expect(try connection.request("GET", "/orders").status == 200)
            #expect(connection.waitForClose())
        }

        @Test(arguments: [
            ("GET / HTTP/1.1\r\nX:", " "), ("GET /", " "),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "a"),
            ("CONNECT a:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "a"),
        ]) func `what never comes to an end is cut off`(beginning: String, more: String) throws {
            let served = try ServedSystem()
            let before = try residentKilobytes(served.process.id)
            let connection = try HTTPConnection(port: served.orders)
            try connection.send(beginning)
            let block = String(repeating: more, count: 1 << 20)
            var sent = 0
            while sent < 200, (try? connection.send(block)) != nil { sent += 1 }
            #expect(sent < 200, "200 MB were taken")
            let after = try residentKilobytes(served.process.id)
            #expect(after < before + 32_768, "\(before) kB, then \(after) kB")
            #expect(try served.get(served.orders, "/orders").status == 200)
        }

        @Test func `an offer to change the protocol is declined, and the connection ended`() throws
        {
            let served = try ServedSystem()
            for headers in [
                [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")],
                [("Connection", "Close")], [("Connection", "x, close")],
            ] {
                let connection = try HTTPConnection(port: served.orders, timeout: 5)
                let answer = try connection.request("GET", "/orders", headers: headers)
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                #expect(connection.waitForClose())
            }
        }

        @Test func `an endless stream of requests does not keep a server from its end`() throws {
            let served = try ServedSystem("-q")
            let (port, process) = (served.orders, served.process.id)
            let started = MonotonicTime.now()
            inParallel(4) { worker in
                if worker == 0 {
                    MonotonicTime.sleep(milliseconds: 500)
                    kill(process, SIGTERM)
                    return
                }
                let get = "GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n"
                guard let connection = try? HTTPConnection(port: port, timeout: 5) else { return }
                while MonotonicTime.now() < started + 15_000,
                    (try? connection.send(String(repeating: get, count: 50))) != nil,
                    (try? (1...50).map { _ in try connection.response() }) != nil
                {}
            }
            #expect(try served.process.wait().status == 0)
            #expect(MonotonicTime.now() - started < 10_000)
        }

        @Test func `more connections than there may be wait for their turn`() throws {
            let served = try ServedSystem("--max-connections", "4", "--idle-timeout", "500ms")
            let start = MonotonicTime.now()
            let held = try (1...4).map { _ in try HTTPConnection(port: served.orders) }
            #expect(try served.get(served.orders, "/orders").status == 200)
            #expect(MonotonicTime.now() - start > 200)
            #expect(held.count == 4)
        }

        @Test func `connections that come all at once are no more than there may be`() throws {
            let served = try ServedSystem("--max-connections", "4", "--idle-timeout", "500ms")
            let first = try HTTPConnection(port: served.orders)
            #expect(try first.request("GET", "/orders").status == 200)
            // The server finds all others at once when it goes on.
            kill(served.process.id, SIGSTOP)
            let held = try [first] + (1...3).map { _ in try HTTPConnection(port: served.orders) }
            let last = try HTTPConnection(port: served.orders)
            try last.send("GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n")
            kill(served.process.id, SIGCONT)
            let start = MonotonicTime.now()
            #expect(try last.response().status == 200)
            #expect(MonotonicTime.now() - start > 200)
            #expect(held.count == 4)
        }

        @Test func `a client that asks first is told to go on`() throws {
            let served = try ServedSystem("--relay", "manual")
            let connection = try HTTPConnection(port: served.orders)
            let body = #"{"customerId":1,"orderTotal":{"amount":4}}"#
            try connection.send(
                "POST /orders HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            )
            #expect(try connection.response(hasBody: false).status == 100)
            try connection.send(body)
            #expect(try connection.response().body == #"{"orderId":1}"#)
            #expect(try connection.request("GET", "/orders/1").status == 200)
        }

        @Test func `requests may be sent one after the other without waiting`() throws {
            let served = try ServedSystem()
            let connection = try HTTPConnection(port: served.orders)
            let get = "GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n"
            try connection.send(String(repeating: get, count: 20))
            for _ in 1...20 { #expect(try connection.response().body == #"{"orders":[]}"#) }
        }

        @Test func `clients that send nothing, or slowly, keep nobody waiting`() throws {
            let served = try ServedSystem()
            let silent = try (1...100).map { _ in try HTTPConnection(port: served.orders) }
            for connection in silent.prefix(50) {
                try connection.send("POST /orders HTTP/1.1\r\nHost: loc")
            }
            for connection in silent.suffix(25) {
                try connection.send(
                    "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 42\r\n\r\n{")
            }
            for _ in 1...20 {
                #expect(try served.get(served.orders, "/orders").status == 200)
            }
            // The end does not wait for them either.
            let start = MonotonicTime.now()
            try served.stop()
            #expect(MonotonicTime.now() - start < 15_000)
        }

        @Test func `under a storm of bad requests memory stays flat`() throws {
            let served = try ServedSystem("-q")
            func storm(_ count: Int) throws {
                let long = String(repeating: "[", count: 60_000)
                for index in 1...count {
                    let connection = try HTTPConnection(port: served.orders)
                    switch index % 4 {
                    case 0: _ = try connection.request("POST", "/orders", long)
                    case 1: try connection.send("GET /orders HTTP/1.1\r\nX: \(long)")
                    case 2: _ = try connection.request("GET", "/" + long.prefix(8000))
                    default: _ = try connection.request("POST", "/orders", "{\"a\":")
                    }
                }
            }
            try storm(500)
            let before = try residentKilobytes(served.process.id)
            try storm(3000)
            let after = try residentKilobytes(served.process.id)
            #expect(after < before + 16_384, "\(before) kB, then \(after) kB")
            #expect(try served.get(served.orders, "/orders").status == 200)
            try served.stop()
        }

        private func residentKilobytes(_ process: Int32) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            return try #require(line.flatMap { Int($0.filter(\.isNumber)) })
        }
    }
#endif
