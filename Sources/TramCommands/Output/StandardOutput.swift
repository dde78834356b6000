internal import Platform

/// Standard output, gathered into large writes. An error of writing is an error of the command.
public final class StandardOutput {
    private var buffer: [UInt8] = []
    /// While true, nothing is flushed.
    public var isHeldBack = false

    /// Adds text. It is written when much has come together, or with the next flush.
    public func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Adds a line.
    @discardableResult
    public func writeLine(_ text: String) throws -> StandardOutput {
        try write(text.hasSuffix("\n") ? text : text + "\n")
        return self
    }

    /// Writes what has come together.
    ///
    /// - Throws: when it cannot be written: nobody reads any more, or the disk is full.
    public func flush() throws {
        if isHeldBack { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try writeAll(buffer, to: 1, path: "standard output")
    }
}
