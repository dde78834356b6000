import Foundation
import TestSupport
import Testing

/// Handlers that end their process, in processes of their own: see `Tests/RelayProbe`.
@Suite struct CrashJournalTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func probe(_ arguments: String...) throws -> ChildProcess.Result {
        try ChildProcess(
            BuiltProgram.path("RelayProbe"), [directory.path] + arguments,
            environment: ["SWIFT_BACKTRACE": "enable=no"]
        ).wait()
    }

    #if arch(x86_64)
        static let trap = (name: "SIGILL", number: SIGILL)
    #else
        static let trap = (name: "SIGTRAP", number: SIGTRAP)
    #endif

    @Test(arguments: [("-1", trap.name, trap.number), ("98", "SIGABRT", SIGABRT)])
    func `a message whose handler ends the process is parked, and all others are delivered`(
        number: String, name: String, signal: Int32
    ) throws {
        #expect(try probe("publish", "1", number, "2").status == 0)
        for attempt in 1...3 {
            let died = try probe("run", "3")
            #expect(died.status == 128 + signal, "attempt \(attempt): \(died.errors)")
        }
        let last = try probe("run", "3")
        #expect(last.status == 0, "\(last.errors)")
        #expect(
            last.output == """
                0 pending, 1 parked
                heard 1
                heard 2
                parked sender:2 3: its handler has ended the process (\(name))

                """)
        #expect(try probe("run", "3").output.hasPrefix("0 pending, 1 parked"))
    }

    @Test func `all others are delivered by the second relay, also where nothing is parked`() throws
    {
        _ = try probe("publish", "1", "-1", "2")
        _ = try probe("run", "0")
        _ = try probe("run", "0")
        try tamper(with: directory.file("sender.db"), "DELETE FROM message WHERE id = 2")
        let after = try probe("run", "0")
        #expect(after.output == "0 pending, 0 parked\nheard 1\nheard 2\n", "\(after.output)")
    }

    @Test func `that a process was killed counts as no attempt`() throws {
        _ = try probe("publish", "99")
        for _ in 1...4 { #expect(try probe("run", "2").status == 128 + SIGKILL) }
    }

    @Test func `a note is counted once, and one about nothing is not counted`() throws {
        _ = try probe("publish", "-1")
        #expect(try probe("run", "2").status == 128 + Self.trap.number)
        let path = directory.file("in-hand")
        let note = try String(contentsOfFile: path, encoding: .utf8)
        #expect(note == "\(Self.trap.name)\nsender:1 listener\n")
        for other in ["", "SIGILL\n", "SIGILL\nsender:9 listener\n", "SIGILL\nsender:1 x\n"] {
            try other.write(toFile: path, atomically: true, encoding: .utf8)
            _ = try probe("publish", "1")
            // The first attempt that counts is this process's own.
            #expect(try probe("run", "0").status == 128 + Self.trap.number)
            try FileManager.default.removeItem(atPath: path)
        }
        try note.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try probe("run", "2").status == 128 + Self.trap.number, "one attempt counts")
        #expect(try probe("run", "2").output.contains("parked sender:1 2: "))
    }
}
