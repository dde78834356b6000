import Foundation
import Platform
import TestSupport
import Testing

/// The program under test.
enum TramProcess {
    /// Beside the tests' own executable, or named by the environment's TRAM.
    static let program: String = {
        if let path = ProcessInfo.processInfo.environment["TRAM"] { return path }
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return tests.appendingPathComponent("tram").path
    }()

    /// How long a short command takes here and now, in microseconds: the scale for moments to kill at.
    static func typicalDuration() throws -> UInt32 {
        let durations = try (1...5).map { _ in
            let workbench = try Workbench()
            let start = Date()
            try workbench.run("customer", "create", "--name", "x", "--credit-limit", "1")
            return Date().timeIntervalSince(start)
        }
        return UInt32(durations.sorted()[2] * 1_000_000)
    }
}

/// Runs `tram`.
func tram(
    _ arguments: [String], environment: [String: String] = [:]
) throws -> ChildProcess.Result {
    try ChildProcess(TramProcess.program, arguments, environment: environment).wait()
}

/// Runs a command line of the shell.
func shell(_ command: String, environment: [String: String] = [:]) throws -> ChildProcess.Result {
    try ChildProcess("bash", ["-c", command], environment: environment).wait()
}

/// A data directory of a test's own, and `tram` on it.
struct Workbench: Sendable {
    let directory: TemporaryDirectory
    var data: String { directory.file("data") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    func start(_ arguments: String...) throws -> ChildProcess {
        try ChildProcess(TramProcess.program, arguments + ["--data-dir", data])
    }

    @discardableResult
    func run(_ arguments: String...) throws -> ChildProcess.Result {
        try tram(arguments + ["--data-dir", data])
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> ChildProcess.Result {
        try tram(arguments + ["--data-dir", data])
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
