import Foundation
import Platform
import TestSupport
import Testing

/// The program under test, as a process of its own.
struct TramProcess {
    /// Beside the tests' own executable.
    static let program: String = {
        if let path = ProcessInfo.processInfo.environment["TRAM"] { return path }
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return tests.appendingPathComponent("tram").path
    }()

    /// What came of a process.
    struct Result: Sendable {
        /// The exit code, or 128 and the signal that killed it.
        let status: Int32
        let output: String
        let errors: String

        /// The lines of the output.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    private let processID: pid_t
    private let files: TemporaryDirectory

    /// Starts a program with its output going into files, so that no pipe can be full.
    init(
        _ arguments: [String], of program: String = Self.program,
        environment: [String: String] = [:]
    ) throws {
        files = try TemporaryDirectory()
        var environment = environment
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] where environment[name] == nil {
            environment[name] = ProcessInfo.processInfo.environment[name]
        }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files.file("output"), writing, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, files.file("errors"), writing, 0o644)

        // A test may run on a thread that blocks signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let argumentList = ([program] + arguments).map { strdup($0) } + [nil]
        let environmentList = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argumentList + environmentList { free(text) } }
        var processID: pid_t = 0
        let code = posix_spawnp(
            &processID, program, &actions, &attributes, argumentList, environmentList)
        guard code == 0 else { throw SystemError("spawn", program, code: code) }
        self.processID = processID
    }

    /// Waits for the end.
    func wait() throws -> Result {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("waitpid", "\(processID)") }
        }
        let signal = status & 0x7F
        return Result(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: try text("output"), errors: try text("errors"))
    }

    /// Sends a signal; the process is this one's own child and has not been waited for.
    func send(_ signal: Int32) {
        kill(processID, signal)
    }

    private func text(_ name: String) throws -> String {
        let data = try Data(contentsOf: URL(fileURLWithPath: files.file(name)))
        return String(decoding: data, as: UTF8.self)
    }
}

/// A data directory of a test's own, and `tram` on it.
struct Workbench: Sendable {
    let directory: TemporaryDirectory
    var data: String { directory.file("data") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    func start(_ arguments: String...) throws -> TramProcess {
        try TramProcess(arguments + ["--data-dir", data])
    }

    @discardableResult
    func run(_ arguments: String...) throws -> TramProcess.Result {
        try TramProcess(arguments + ["--data-dir", data]).wait()
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> TramProcess.Result {
        try TramProcess(arguments + ["--data-dir", data]).wait()
    }

    /// Runs a command that must succeed.
    ///
    /// - Returns: its output without the last line's end.
    @discardableResult
    func succeed(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let result = try run(arguments)
        #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
        return result.lines.joined(separator: "\n")
    }

    /// Every file's bytes, but for those of locks and SQLite's shared memory.
    func bytes() throws -> [String: Data] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: data) else {
            return [:]
        }
        return try names.filter { !$0.hasSuffix("-lock") && !$0.hasSuffix("-shm") }
            .reduce(into: [:]) { bytes, name in
                let content = try Data(contentsOf: URL(fileURLWithPath: data + "/" + name))
                // Who only looks at a store may make its log, but writes nothing into it.
                if name.hasSuffix("-wal") && content.isEmpty { return }
                bytes[name] = content
            }
    }
}
