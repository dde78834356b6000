private import CPlatform

/// A note of the work in hand, which the process leaves in a file when it dies of its own fault.
///
/// Work that makes the process die would be taken up again by the next one, and make that die too. With a
/// note, the next process knows what the last one died of:
///
/// ```swift
/// let note = CrashNote(path: directory + "/crash")
/// if let left = try note.take() { countAsFailed(left.text, because: left.signal) }
/// try note.begin("order 7")
/// defer { note.end() }
/// handle(order)
/// ```
///
/// Faults are a trap of Swift's, a bad access to memory, a stack overflow and `abort()`. Of a signal that
/// another process has sent there is no note, and none of a call of `exit()`. The process dies as it
/// would without a note: of the same signal, and after the handlers that were there before.
package struct CrashNote: Sendable {
    /// What a process was doing when it died.
    package struct Content: Equatable, Sendable {
        /// The name of the signal that it died of, for example `SIGILL`.
        package let signal: String
        /// What was given to ``CrashNote/begin(_:)``.
        package let text: String

        package init(signal: String, text: String) {
            self.signal = signal
            self.text = text
        }
    }

    /// How many bytes of a text are kept; the rest is cut off.
    package static let limit = Int(TRAM_CRASH_NOTE_LIMIT)

    /// Where the note will be.
    package let path: String
    private let pathBytes: [CChar]

    /// A note at `path`, in a directory that exists. The file has that name with `.new` added while it
    /// is written.
    package init(path: String) {
        self.path = path
        pathBytes = path.utf8.map { CChar(bitPattern: $0) }
    }

    /// Says what this thread has in hand: only its own faults leave the note.
    ///
    /// A thread has one note at a time, in whatever file; the next `begin` replaces it. It costs as much
    /// as copying the text.
    ///
    /// - Throws: when there is no memory for the thread's first note, or the path is too long.
    package func begin(_ text: String) throws(SystemError) {
        var text = text
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                tram_crash_note_begin(pathBytes, pathBytes.count, $0.baseAddress, $0.count)
            }
        }
        guard code == 0 else { throw SystemError("note", path, code: code) }
    }

    /// Says, on the thread that began, that the work is done.
    package func end() {
        tram_crash_note_end()
    }

    /// Reads the note that a process has left, and deletes it durably.
    ///
    /// - Returns: nil when there is none. What is not a whole note is deleted too, and is none.
    package func take() throws(SystemError) -> Content? {
        guard let bytes = try read() else { return nil }
        try Files.remove(path)
        try Files.synchronize(directory: Files.parent(of: path))
        return Content(file: bytes)
    }

    /// The file's bytes, of which one that is too large has more than a note can have.
    private func read() throws(SystemError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("open", path)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Content.largestFile + 1)
        let count = Platform.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw SystemError("read", path) }
        return Array(bytes.prefix(count))
    }
}

extension CrashNote.Content {
    fileprivate static let largestFile = "SIGTRAP\n".utf8.count + CrashNote.limit + "\n".utf8.count

    /// Nil when the bytes are not a signal's name, a newline, a text in UTF-8 and a newline.
    fileprivate init?(file bytes: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        guard bytes.count <= Self.largestFile, bytes.last == newline,
            let end = bytes.dropLast().firstIndex(of: newline),
            let signal = String(validating: bytes[..<end], as: UTF8.self), signal.hasPrefix("SIG"),
            let text = String(validating: bytes[(end + 1)...].dropLast(), as: UTF8.self),
            text.utf8.count <= CrashNote.limit
        else { return nil }
        self.init(signal: signal, text: text)
    }
}
