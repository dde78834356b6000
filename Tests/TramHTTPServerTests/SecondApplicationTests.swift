#if Server
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// An application of one executable: its server runs in the process of its command `serve`.
    @Suite struct SecondApplicationTests {
        private static let program = BuiltProgram.path("DepotProbe")

        private func run(_ arguments: String..., in directory: TemporaryDirectory) throws
            -> ChildProcess.Result
        {
            try ChildProcess(
                Self.program, arguments + ["--data-dir", directory.file("data")]
            ).wait()
        }

        private func serve(
            _ options: String..., in directory: TemporaryDirectory
        ) throws -> (process: ChildProcess, output: String) {
            let process = try ChildProcess(
                Self.program,
                ["serve", "--port", "0", "--data-dir", directory.file("data")] + options)
            try eventually("it serves") { try process.outputSoFar().hasSuffix("\n") }
            return (process, try process.outputSoFar())
        }

        @Test func `it serves, delivers, and ends orderly`() throws {
            let directory = try TemporaryDirectory()
            let (process, output) = try serve("--json", in: directory)
            let told = try JSON(parsing: Array(output.utf8))
            let port = try #require(told["depot"]?["port"]?.integer)
            #expect(told["depot"]?["url"]?.string == "http://127.0.0.1:\(port)")
            #expect(told["relay"]?.string == "auto")
            let taken = try HTTPConnection(port: port).request(
                "POST", "/shelves/1/parcels", #"{"content":"tea"}"#)
            #expect(taken.body == #"{"parcel":1}"#)
            try eventually("it is announced") {
                try HTTPConnection(port: port).request("GET", "/metrics").body
                    .contains("\ndepot_announced{board=\"the \\\"big\\\" one\"} 1\n")
            }
            #expect(
                try HTTPConnection(port: port).request("GET", "/actuator/health").body
                    == #"{"status":"UP","details":[],"parked":0}"#)
            #expect(
                try HTTPConnection(port: port).request("GET", "/relay/status").headers["server"]
                    == "depot")
            process.send(SIGTERM)
            let result = try process.wait()
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains(#""path":"/shelves/{shelf}/parcels""#), "the log")
            #expect(try run("outbox", "list", in: directory).output.contains("ParcelArrived"))
        }

        @Test func `its address is told to people in its own name`() throws {
            let directory = try TemporaryDirectory()
            let (process, output) = try serve("--relay", "manual", in: directory)
            process.send(SIGINT)
            #expect(try process.wait().status == 0)
            let lines = output.split(separator: "\n")
            #expect(lines.first?.hasPrefix("depot  http://127.0.0.1:") == true)
            #expect(
                lines.last == "The relay waits: 'depot relay run' or POST /relay/run makes a pass.")
        }

        @Test func `a port that is taken or is none is told by its option`() throws {
            let directory = try TemporaryDirectory()
            let (process, output) = try serve("--json", in: directory)
            let port = try #require(
                try JSON(parsing: Array(output.utf8))["depot"]?["port"]?.integer)
            let taken = try run("serve", "--port", "\(port)", in: try TemporaryDirectory())
            #expect(taken.status == 69)
            #expect(taken.errors.contains("port \(port) is in use (port)"), "\(taken.errors)")
            #expect(taken.errors.contains("--port 0"), "\(taken.errors)")
            #expect(try run("serve", "--port", "65536", in: try TemporaryDirectory()).status == 64)
            process.send(SIGTERM)
            #expect(try process.wait().status == 0)
        }

        @Test func `its help names it, its port and an example`() throws {
            let help = try run("serve", "--help", in: try TemporaryDirectory())
            #expect(help.status == 0)
            let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for part in [
                "OVERVIEW: Serve depot over HTTP.", "other depot commands too",
                "depot serve --relay manual", "curl http://localhost:8080/relay/status",
                "--port <port>", "(default: 8080)", "DEPOT_DATA_DIR",
            ] {
                #expect(words.contains(part), "\(part): \(words)")
            }
        }

        @Test func `a server for all needs a token`() throws {
            let refused = try run("serve", "--listen", "0.0.0.0", in: try TemporaryDirectory())
            #expect(refused.status == 64)
            #expect(refused.errors.contains("depot serve --listen 0.0.0.0 --token-file FILE"))
        }
    }
#endif
