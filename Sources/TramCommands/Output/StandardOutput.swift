internal import Platform

/// Standard output, gathered into large writes. An error of writing is an error of the command.
package final class StandardOutput {
    private var buffer: [UInt8] = []
    /// While true, nothing is flushed.
    package var isHeldBack = false

    package func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 1 << 16 { try flush() }
    }

    @discardableResult
    package func writeLine(_ text: String) throws -> StandardOutput {
        try write(text.hasSuffix("\n") ? text : text + "\n")
        return self
    }

    package func flush() throws {
        if isHeldBack { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try writeAll(buffer, to: 1, path: "standard output")
    }
}
