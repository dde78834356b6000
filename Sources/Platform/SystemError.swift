#if canImport(Glibc)
    @_exported public import Glibc
#elseif canImport(Musl)
    @_exported public import Musl
#else
    @_exported public import Darwin
#endif

// This file is the one place that names the system's C library. `Platform` holds what `tram` needs
// of the operating system: locks, durable files, signals, terminals and time.

/// A refusal of the operating system: which call, on what, and why.
package struct SystemError: Error, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let code: Int32

    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// The system's own words for the code, for example `Permission denied`.
    package var reason: String { String(cString: strerror(code)) }

    /// Whether a signal that `Signals` watches for has ended a wait.
    package var isInterruption: Bool { code == EINTR }

    /// Whether the path, or the rights to it, are the reason: and not that something failed, which
    /// could succeed the next time.
    package var isRefusal: Bool { Self.isRefusal(code) }

    /// Whether there is no room: the disk or a quota is full, or a limit on the size of files reached.
    package var isForWantOfRoom: Bool { Self.isForWantOfRoom(code) }

    /// See ``isRefusal``.
    package static func isRefusal(_ code: Int32) -> Bool {
        let rights = [EACCES, EPERM, EROFS]
        let path = [ENOENT, ENOTDIR, EISDIR, EEXIST, ELOOP, ENAMETOOLONG]
        return (rights + path).contains(code)
    }

    /// See ``isForWantOfRoom``.
    package static func isForWantOfRoom(_ code: Int32) -> Bool {
        [ENOSPC, EDQUOT, EFBIG].contains(code)
    }

    package var description: String { "\(operation) \(path): \(reason)" }
}
