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

    package var description: String { "\(operation) \(path): \(reason)" }
}
