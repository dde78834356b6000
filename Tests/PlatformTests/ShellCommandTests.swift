import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@Suite struct ShellCommandTests {
    let directory: TemporaryDirectory
    var file: String { directory.file("file") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(
        _ line: String, _ input: [UInt8] = [], waitingAtMost milliseconds: Int = 60_000
    ) throws -> ShellCommand.Outcome {
        try ShellCommand(line).run(input: input, waitingAtMost: milliseconds)
    }

    /// A process that runs the command.
    private func start(_ line: String, _ input: String = "") throws -> ChildProcess {
        try ChildProcess(BuiltProgram.path("PlatformProbe"), ["run", line, input])
    }

    @Test(arguments: [0, 1, 1_048_576])
    func `a command reads its input, byte for byte`(_ count: Int) throws {
        let input = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 256) }
        #expect(try run("cat > '\(file)'", input) == .exited(status: 0))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data(input))
    }

    @Test func `a command need not read its input`() throws {
        let input = [UInt8](repeating: 7, count: 1_048_576)
        #expect(try run("exit 5", input) == .exited(status: 5))
        #expect(try run("exec <&-; exit 6", input) == .exited(status: 6))
        #expect(try run("head -c 1 > /dev/null", input) == .exited(status: 0))
    }

    @Test func `the outcome is the shell's`() throws {
        #expect(try run("true") == .exited(status: 0))
        #expect(try run("exit 255") == .exited(status: 255))
        #expect(try run("/nowhere/command 2> /dev/null") == .exited(status: 127))
        #expect(try run("kill -9 $$") == .killed(signal: SIGKILL))
        #expect(try run("-x 2> /dev/null") == .exited(status: 127), "it is no option of the shell")
    }

    @Test func `what it prints goes to standard error`() throws {
        let result = try start("cat; echo error >&2; exit 3", "input\n").wait()
        #expect(result.output == "exited(status: 3)\n")
        #expect(result.errors == "input\nerror\n")
    }

    @Test func `it has the environment and the working directory of its parent`() throws {
        let result = try ChildProcess(
            BuiltProgram.path("PlatformProbe"), ["run", "echo $HOOK; pwd", ""],
            environment: ["HOOK": "here"]
        ).wait()
        #expect(result.errors.hasPrefix("here\n/"))
    }

    @Test func `what takes too long is ended, with what it has started`() throws {
        let line = openPipe("sleep 30 & sleep 31")
        let pipe = try Pipe(directory)
        let start = MonotonicTime.now()
        #expect(try run(line, waitingAtMost: 200) == .timedOut)
        #expect(MonotonicTime.now() - start >= 200)
        try pipe.waitForEnd()
    }

    @Test func `what does not want to end is killed`() throws {
        let line = openPipe("trap '' TERM; sleep 30 & wait; sleep 31")
        let pipe = try Pipe(directory)
        let start = MonotonicTime.now()
        #expect(try run(line, waitingAtMost: 200) == .timedOut)
        #expect(MonotonicTime.now() - start >= 200 + ShellCommand.grace)
        try pipe.waitForEnd()
    }

    @Test func `what wants to end has time for it`() throws {
        // The shell is gone at once, and its child is not.
        let line = "(trap 'sleep 0.2; echo done > \(file); exit' TERM; sleep 30 & wait) & wait"
        #expect(try run(line, waitingAtMost: 200) == .timedOut)
        #expect(try Files.read(file) == "done\n")
    }

    @Test func `no time at all ends it at once`() throws {
        #expect(try run("sleep 30", waitingAtMost: 0) == .timedOut)
        #expect(try run("sleep 30", waitingAtMost: -1) == .timedOut)
        #expect(try run("true", waitingAtMost: .max) == .exited(status: 0))
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal to this process ends the command`(_ signal: Int32) throws {
        let line = openPipe("sleep 30 & sleep 31")
        let pipe = try Pipe(directory)
        let process = try start("echo > '\(file)'; " + line)
        while try Files.size(of: file) == nil { MonotonicTime.sleep(milliseconds: 2) }
        process.send(signal)
        #expect(try process.wait().output == "interrupted\n")
        try pipe.waitForEnd()
    }

    @Test func `who is to end starts nothing`() throws {
        let outcome = try ShellCommand("echo > '\(file)'").run(
            input: [], waitingAtMost: 60_000, isInterrupted: { true })
        #expect(outcome == .interrupted)
        #expect(try Files.size(of: file) == nil)
    }

    @Test func `no signal is blocked or ignored in it`() throws {
        // Some shells unblock all signals for themselves.
        let line = "sleep 30 & kill -TERM $!; wait $!"
        let outcome = Mutex<ShellCommand.Outcome?>(nil)
        inParallel(1) { _ in
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, nil)
            let came = try? run(line, waitingAtMost: 10_000)
            outcome.withLock { $0 = came }
        }
        #expect(outcome.withLock { $0 } == .exited(status: 128 + SIGTERM))
        // That process ignores SIGPIPE.
        #expect(try start("kill -PIPE $$").wait().output == "killed(signal: \(SIGPIPE))\n")
    }

    @Test func `it does not keep a lock of its parent's`() throws {
        var lock: FileLock? = try FileLock(path: directory.file("lock"))
        #expect(try lock?.acquire(waitingAtMost: 0) == true)
        // What runs in the background outlives the lock, and is not waited for.
        #expect(try run("sleep 30 & echo $! > '\(file)'") == .exited(status: 0))
        let process = try #require(try Files.read(file).flatMap { pid_t($0.dropLast()) })
        defer { kill(process, SIGKILL) }
        #expect(kill(process, 0) == 0)
        lock = nil
        // For an instant before it becomes another program, a child of any test has all open files.
        #expect(try FileLock(path: directory.file("lock")).acquire(waitingAtMost: 2000))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd")))
    func `its input is a file without a name, which it has open once`() throws {
        let result = try start("for f in /proc/$$/fd/*; do readlink $f; done").wait()
        let inputs = result.errors.split(separator: "\n").filter { $0.contains("/tram-") }
            .filter { $0.hasSuffix(" (deleted)") }
        #expect(inputs.count == 1)
    }

    @Test func `where no file can be made, it says so`() throws {
        let process = try ChildProcess(
            BuiltProgram.path("PlatformProbe"), ["run", "true", ""],
            environment: ["TMPDIR": directory.file("missing")])
        let result = try process.wait()
        #expect(result.status != 0)
        #expect(result.output == "")
        #expect(result.errors.contains("open"))
    }

    /// A command that holds the test's pipe open, with all that it starts.
    private func openPipe(_ line: String) -> String {
        "exec 9> '\(directory.file("pipe"))'; " + line
    }
}

/// A named pipe, which tells whether a process still has it open for writing.
private final class Pipe {
    private let descriptor: Int32

    init(_ directory: TemporaryDirectory) throws {
        let path = directory.file("pipe")
        guard mkfifo(path, 0o600) == 0 else { throw SystemError("mkfifo", path) }
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
    }

    deinit { close(descriptor) }

    /// Waits until all that could write have ended: until then there is nothing to be read, and then the
    /// pipe's end. Who was killed may need a moment to die.
    func waitForEnd(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let deadline = MonotonicTime.now() + 10_000
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) != 0 {
            try #require(MonotonicTime.now() < deadline, sourceLocation: sourceLocation)
            MonotonicTime.sleep(milliseconds: 2)
        }
    }
}
