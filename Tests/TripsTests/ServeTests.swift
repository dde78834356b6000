#if Server
    import Platform
    import TestSupport
    import Testing

    /// `trips serve`: the trips over HTTP, in the process of the command.
    @Suite struct ServeTests {
        @Test func `trips are booked and shown over HTTP, and bad requests are refused`() throws {
            let directory = try TemporaryDirectory()
            let server = try ChildProcess(
                BuiltProgram.path("trips"),
                [
                    "serve", "--port", "0", "--relay", "manual", "--json", "--data-dir",
                    directory.file("data"),
                ])
            let port = try self.port(of: server)
            func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPResponse
            {
                try HTTPConnection(port: port).request(method, path, body)
            }
            let booked = try ask("POST", "/trips", #"{"traveller":"Ada","city":"Rome","car":true}"#)
            #expect(booked.body == #"{"tripId":1}"#)
            #expect(try ask("POST", "/trips", #"{"traveller":"Ada"}"#).status == 400)
            #expect(try ask("POST", "/trips", #"{"traveller":"","city":"Rome"}"#).status == 400)
            for _ in 1...11 { #expect(try ask("POST", "/relay/run").status == 200) }
            #expect(
                try ask("GET", "/trips/1").body == """
                    {"tripId":1,"traveller":"Ada","city":"Rome","car":true,"state":"REJECTED",\
                    "reason":"no seat to Rome left"}
                    """)
            let missing = try ask("GET", "/trips/7")
            #expect(missing.status == 404)
            #expect(missing.body.contains(#""code":"trip-not-found""#), "\(missing.body)")
            #expect(try ask("GET", "/sagas/1").body.contains(#""state":"rolled-back""#))
            #expect(try ask("GET", "/openapi.json").body.contains(#""operationId":"bookTrip""#))
            server.send(SIGTERM)
            #expect(try server.wait().status == 0)
        }

        /// Where a server listens, once it tells it.
        private func port(of server: ChildProcess) throws -> Int {
            let deadline = MonotonicTime.now() + 60_000
            while MonotonicTime.now() < deadline {
                let told = try server.outputSoFar()
                if told.hasSuffix("\n"), let port = told.firstRange(of: "\"port\":") {
                    return try #require(Int(told[port.upperBound...].prefix(while: \.isNumber)))
                }
                MonotonicTime.sleep(milliseconds: 20)
            }
            throw NotServing()
        }

        private struct NotServing: Error {}
    }
#endif
