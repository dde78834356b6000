/// The user's own editor, at the terminal.
package enum Editor {
    /// Lets the user edit a text, in the program that the environment's `VISUAL` or `EDITOR` names, or
    /// else in `vi`.
    ///
    /// - Returns: what the file held when the editor had ended.
    /// - Throws: when the editor could not be started or did not end well.
    package static func edit(_ text: String) throws(SystemError) -> [UInt8] {
        let path = Files.temporaryPath() + ".json"
        try Files.write(text + "\n", durablyTo: path)
        defer { unlink(path) }
        try run(["/bin/sh", "-c", "${VISUAL:-${EDITOR:-vi}} \"$1\"", "sh", path])
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        defer { close(descriptor) }
        return try readAll(from: descriptor, path: path, atMost: .max)
    }

    private static func run(_ arguments: [String]) throws(SystemError) {
        let copies = arguments.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, arguments[0], nil, nil, copies + [nil], environ)
        guard code == 0 else { throw SystemError("start", arguments[0], code: code) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("wait for", "the editor") }
        }
        guard status == 0 else { throw SystemError("edit", arguments[4], code: ECANCELED) }
    }
}

/// Reads to the end, but at most so many bytes.
package func readAll(
    from descriptor: Int32, path: String, atMost maximum: Int
) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < maximum {
        let count = read(descriptor, &buffer, min(buffer.count, maximum - bytes.count))
        if count == 0 { break }
        if count < 0 && errno == EINTR && Signals.pending == nil { continue }
        guard count > 0 else { throw SystemError("read", path) }
        bytes += buffer.prefix(count)
    }
    return bytes
}
