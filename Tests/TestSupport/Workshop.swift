package import Foundation
internal import Platform

/// The program under test.
package enum TramProcess {
    /// Beside the tests' own executable, or named by the environment's TRAM.
    package static let program =
        ProcessInfo.processInfo.environment["TRAM"] ?? BuiltProgram.path("tram")

    /// How long a short command takes here and now, in microseconds: the scale for moments to kill at.
    package static func typicalDuration() throws -> UInt32 {
        let durations = try (1...5).map { _ in
            let workbench = try Workshop()
            let start = Date()
            try workbench.run("customer", "create", "--name", "x", "--credit-limit", "1")
            return Date().timeIntervalSince(start)
        }
        return UInt32(durations.sorted()[2] * 1_000_000)
    }
}

/// Runs `tram`.
package func tram(
    _ arguments: [String], environment: [String: String] = [:]
) throws -> ChildProcess.Result {
    try ChildProcess(TramProcess.program, arguments, environment: environment).wait()
}

/// Runs a command line of the shell.
package func shell(_ command: String, environment: [String: String] = [:]) throws
    -> ChildProcess.Result
{
    try ChildProcess("bash", ["-c", command], environment: environment).wait()
}

/// A data directory of a test's own, and `tram` on it.
package struct Workshop: Sendable {
    package let directory: TemporaryDirectory
    package var data: String { directory.file("data") }

    package init() throws {
        directory = try TemporaryDirectory()
    }

    package func start(_ arguments: String...) throws -> ChildProcess {
        try ChildProcess(TramProcess.program, arguments + ["--data-dir", data])
    }

    @discardableResult
    package func run(_ arguments: String...) throws -> ChildProcess.Result {
        try tram(arguments + ["--data-dir", data])
    }

    @discardableResult
    package func run(_ arguments: [String]) throws -> ChildProcess.Result {
        try tram(arguments + ["--data-dir", data])
    }

    /// Runs a command in which a system call fails.
    package func run(_ arguments: [String], with fault: Fault) throws -> ChildProcess.Result {
        try tram(arguments + ["--data-dir", data], environment: fault.environment())
    }

    /// Runs a command that must succeed.
    ///
    /// - Returns: its output without the last line's end.
    @discardableResult
    package func succeed(_ arguments: String...) throws -> String {
        let result = try run(arguments)
        guard result.status == 0 else { throw CommandFailed(arguments: arguments, result: result) }
        return result.lines.joined(separator: "\n")
    }

    /// Every file's bytes, but for those of locks and SQLite's shared memory.
    package func bytes() throws -> [String: Data] {
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

/// A command that had to succeed did not.
package struct CommandFailed: Error {
    package let arguments: [String]
    package let result: ChildProcess.Result
}
