private import Foundation
internal import Platform

/// Another program, as a process of its own. It is killed when the test that started it forgets it.
package final class ChildProcess: @unchecked Sendable {
    /// What came of a process.
    package struct Result: Sendable {
        /// The exit code, or 128 and the signal that killed it.
        package let status: Int32
        package let output: String
        package let errors: String

        /// The lines of the output.
        package var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    private let processID: pid_t
    private let files: TemporaryDirectory
    private var isReaped = false

    /// Starts a program with its output going into files, so that no pipe can be full. It inherits
    /// whatever open files are not closed on exec.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
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

    deinit {
        guard !isReaped else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }

    /// Waits for the end.
    package func wait() throws -> Result {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("waitpid", "\(processID)") }
        }
        isReaped = true
        let signal = status & 0x7F
        return Result(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: try text("output"), errors: try text("errors"))
    }

    /// What it has written to its standard output so far.
    package func outputSoFar() throws -> String { try text("output") }

    /// What it has written to its standard error so far.
    package func errorsSoFar() throws -> String { try text("errors") }

    /// The process's id.
    package var id: Int32 { processID }

    /// Sends a signal.
    package func send(_ signal: Int32) {
        if !isReaped { kill(processID, signal) }
    }

    private func text(_ name: String) throws -> String {
        let data = try Data(contentsOf: URL(fileURLWithPath: files.file(name)))
        return String(decoding: data, as: UTF8.self)
    }
}
