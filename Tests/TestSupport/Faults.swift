private import Foundation

/// A system call that fails in a program under test.
package struct Fault: Sendable, CustomStringConvertible {
    /// `open`, `read`, `write`, `sync` or `stat`.
    let call: String
    /// How the path ends that it is about.
    let path: String
    let code: Int32
    /// Only this one of those calls, or all.
    let number: Int?

    package init(_ call: String, _ path: String, _ code: Int32, number: Int? = nil) {
        self.call = call
        self.path = path
        self.code = code
        self.number = number
    }

    package var description: String {
        "\(call) \(path) \(String(cString: strerror(code)))"
            + (number.map { " (call \($0))" } ?? "")
    }

    /// What makes a dynamically linked program meet it: see `Tests/Faults/faults.c`.
    package func environment() throws -> [String: String] {
        var environment = try FaultLibrary.environment()
        environment["FAULT_CALL"] = call
        environment["FAULT_PATH"] = path
        environment["FAULT_ERRNO"] = "\(code)"
        environment["FAULT_NTH"] = number.map { "\($0)" }
        return environment
    }
}

/// The library that makes system calls fail, and writes down what was synchronized.
package enum FaultLibrary {
    /// Whether this system can put it before the C library.
    package static var isAvailable: Bool {
        #if canImport(Glibc)
            true
        #else
            false
        #endif
    }

    /// Makes a program write the path of every `fsync` into a file.
    package static func environment(loggingSyncsTo path: String) throws -> [String: String] {
        var environment = try environment()
        environment["SYNC_LOG"] = path
        return environment
    }

    /// Kills a program before its call of this number, of those that change files.
    package static func environment(killingAt number: Int) throws -> [String: String] {
        var environment = try environment()
        environment["KILL_AT"] = "\(number)"
        return environment
    }

    fileprivate static func environment() throws -> [String: String] {
        ["LD_PRELOAD": try compiled.get()]
    }

    private static let directory = Result { try TemporaryDirectory() }

    /// The path of the library.
    private static let compiled = Result {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Faults/faults.c").standardized.path
        let library = try directory.get().file("faults.so")
        let arguments = ["-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source, "-ldl"]
        let result = try ChildProcess("clang", arguments).wait()
        guard result.status == 0 else { throw CommandFailed(arguments: arguments, result: result) }
        return library
    }
}
