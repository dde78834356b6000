private import Foundation
internal import Platform

/// Who waits for a lock of the system's, as far as the system tells.
package enum LockQueue {
    /// Whether this system tells.
    package static var isVisible: Bool { FileManager.default.isReadableFile(atPath: "/proc/locks") }

    /// Returns when so many wait for the `flock` on the file.
    package static func waitUntil(_ count: Int, waitFor path: String) throws {
        var information = stat()
        guard stat(path, &information) == 0 else { throw SystemError("stat", path) }
        let file = ":\(information.st_ino) "
        let deadline = MonotonicTime.now() + 60_000
        while try waiting(file) < count {
            guard MonotonicTime.now() < deadline else {
                throw SystemError("wait for waiters", path, code: ETIMEDOUT)
            }
            MonotonicTime.sleep(milliseconds: 1)
        }
    }

    /// How often the calling thread has slept and was woken.
    package static func wakesOfThisThread() throws -> Int {
        let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
        return line.flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
    }

    private static func waiting(_ file: String) throws -> Int {
        try String(contentsOfFile: "/proc/locks", encoding: .utf8).split(separator: "\n")
            .filter { $0.contains("-> FLOCK") && $0.contains(file) }.count
    }
}
