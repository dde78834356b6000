import Foundation
import Platform
import TestSupport
import Testing

@Suite struct CrashNoteTests {
    let directory: TemporaryDirectory
    var path: String { directory.file("note") }
    var note: CrashNote { CrashNote(path: path) }

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// How Swift stops a program that has gone wrong.
    #if arch(x86_64)
        static let trap = (name: "SIGILL", number: SIGILL)
    #else
        static let trap = (name: "SIGTRAP", number: SIGTRAP)
    #endif

    static let faults = [
        ("overflow", trap.name, trap.number), ("index", trap.name, trap.number),
        ("fatalError", trap.name, trap.number), ("abort", "SIGABRT", SIGABRT),
        ("null", "SIGSEGV", SIGSEGV), ("recursion", "SIGSEGV", SIGSEGV),
        ("bus", "SIGBUS", SIGBUS), ("division", "SIGFPE", SIGFPE),
        ("breakpoint", "SIGTRAP", SIGTRAP),
    ]

    /// Has a process begin notes of these texts, one after another, and fail.
    ///
    /// Without Swift's backtraces, which make the process survive a signal that was sent to it.
    private func start(
        _ fault: String, _ place: String = "here", _ texts: [String] = ["order 7"],
        backtrace: String = "enable=no"
    ) throws -> ChildProcess {
        try ChildProcess(
            BuiltProgram.path("PlatformProbe"), ["fail", fault, place, path] + texts,
            environment: ["SWIFT_BACKTRACE": backtrace])
    }

    @Test(arguments: faults, ["here", "thread"])
    func `a fault leaves a note, and the signal that the process dies of`(
        _ fault: (name: String, signal: String, number: Int32), _ place: String
    ) throws {
        #expect(try start(fault.name, place, []).wait().status == 128 + fault.number)
        #expect(try note.take() == nil)

        #expect(try start(fault.name, place).wait().status == 128 + fault.number)
        #expect(try directory.names == ["note"])
        #expect(try note.take() == .init(signal: fault.signal, text: "order 7"))
        #expect(try directory.names == [])
        #expect(try note.take() == nil, "it is taken once")
    }

    @Test func `what a process did not die of leaves no note`() throws {
        #expect(try start("overflow", "after").wait().status == 128 + Self.trap.number)
        #expect(try start("overflow", "elsewhere").wait().status == 128 + Self.trap.number)
        #expect(try start("exit").wait().status == 3)
        #expect(try directory.names == [])
    }

    @Test(arguments: [SIGSEGV, SIGABRT, SIGILL, SIGTERM, SIGKILL])
    func `a signal that another process has sent leaves no note`(_ signal: Int32) throws {
        let process = try start("wait")
        try waitForOutput("ready\n", of: process)
        process.send(signal)
        #expect(try process.wait().status == 128 + signal)
        #expect(try directory.names == [])
    }

    @Test func `the last text counts, and the last process`() throws {
        #expect(try start("abort", "here", ["1", "a longer one", "3"]).wait().status != 0)
        #expect(try start("overflow", "here", ["4", "Zoë\n🚋\n"]).wait().status != 0)
        #expect(try note.take() == .init(signal: Self.trap.name, text: "Zoë\n🚋\n"))
    }

    @Test func `a process that was killed while it wrote is in nobody's way`() throws {
        try Files.write("SIG", durablyTo: path + ".new")
        #expect(try note.take() == nil)
        #expect(try start("abort").wait().status == 128 + SIGABRT)
        #expect(try note.take()?.text == "order 7")
        #expect(try directory.names == [])
    }

    @Test func `a long text is cut after a whole character`() throws {
        let text = "x" + String(repeating: "🚋", count: CrashNote.limit)
        #expect(try start("abort", "here", [text]).wait().status == 128 + SIGABRT)
        let kept = "x" + String(repeating: "🚋", count: (CrashNote.limit - 1) / 4)
        #expect(try note.take() == .init(signal: "SIGABRT", text: kept))

        let whole = String(repeating: "🚋", count: CrashNote.limit / 4)
        #expect(try start("abort", "here", [whole]).wait().status == 128 + SIGABRT)
        #expect(try note.take() == .init(signal: "SIGABRT", text: whole))
    }

    @Test(arguments: [
        ("overflow", trap.number, "fault"), ("null", SIGSEGV, "fault"), ("abort", SIGABRT, "sent"),
    ])
    func `a handler that was there before comes to its turn`(
        _ fault: (name: String, signal: Int32, kind: String)
    ) throws {
        let result = try start(fault.name, "handled").wait()
        #expect(result.output == "\(fault.signal) \(fault.kind)\n")
        #expect(result.status == 7)
        #expect(try note.take()?.text == "order 7")
    }

    @Test func `Swift's backtraces are made as without a note`() throws {
        let backtrace = "enable=yes,color=no,interactive=no"
        let without = try start("null", "here", [], backtrace: backtrace).wait()
        let with = try start("null", "here", backtrace: backtrace).wait()
        // The system may have no program for it.
        let crash = "Bad pointer dereference at 0x0000000000000008"
        #expect(with.errors.contains(crash) == without.errors.contains(crash))
        #expect(with.status == without.status)
        #expect(try note.take()?.text == "order 7")
    }

    @Test func `a note is for its owner only`() throws {
        #expect(try start("abort").wait().status == 128 + SIGABRT)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `where no note can be written, the process dies as without one`() throws {
        let missing = CrashNote(path: directory.file("missing/note"))
        let result = try ChildProcess(
            BuiltProgram.path("PlatformProbe"), ["fail", "overflow", "here", missing.path, "x"],
            environment: ["SWIFT_BACKTRACE": "enable=no"]
        ).wait()
        #expect(result.status == 128 + Self.trap.number)
        #expect(try missing.take() == nil)
    }

    @Test(arguments: [
        "", "\n", "SIGILL", "SIGILL\n", "SIGILL\norder 7", "order 7\norder 7\n",
        "SIGILL\n" + String(repeating: "x", count: CrashNote.limit + 1) + "\n",
        "SIGILL\n" + String(repeating: "\n", count: 100_000),
    ])
    func `what is not a whole note is removed`(_ content: String) throws {
        try Files.write(content, durablyTo: path)
        #expect(try note.take() == nil)
        #expect(try directory.names == [])
    }

    @Test func `what is not UTF-8 is removed`() throws {
        try Data([0x53, 0x49, 0x47, 0x0A, 0xFF, 0x0A]).write(to: URL(fileURLWithPath: path))
        #expect(try note.take() == nil)
        #expect(try directory.names == [])
    }

    @Test func `an empty text is a text`() throws {
        #expect(try start("abort", "here", [""]).wait().status == 128 + SIGABRT)
        #expect(try note.take() == .init(signal: "SIGABRT", text: ""))
    }

    @Test func `a path that is too long is refused`() {
        let note = CrashNote(path: "/" + String(repeating: "x", count: Int(PATH_MAX)))
        #expect(throws: SystemError.self) { try note.begin("order 7") }
    }
}

extension TemporaryDirectory {
    /// The names of the files in it.
    fileprivate var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
