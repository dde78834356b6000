extension Files {
    /// A path of a file that is not there, in the directory for temporary files.
    static func temporaryPath() -> String {
        let directory = Terminal.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        return directory + "/tram-" + RandomText.make()
    }

    /// Opens a file with this content for reading from its beginning, which has no name any more and is
    /// gone when it is closed. It lies in the directory that the environment's `TMPDIR` names, or `/tmp`.
    ///
    /// - Returns: the descriptor, for the caller to close.
    static func openUnnamed(content: [UInt8]) throws(SystemError) -> Int32 {
        let path = temporaryPath()
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        do throws(SystemError) {
            try remove(path)
            try writeAll(content, to: descriptor, path: path)
            guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw SystemError("lseek", path) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
