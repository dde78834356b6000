/// What the file system says about a path, and the durable ways to change it.
///
/// None of these opens a store's file: a process that opens and closes a SQLite file by itself drops
/// the locks that SQLite holds on it.
package enum Files {
    /// The size of the file at `path` in bytes, or nil when there is none.
    ///
    /// - Throws: when that cannot be told.
    package static func size(of path: String) throws(SystemError) -> Int? {
        var information = stat()
        if stat(path, &information) == 0 { return Int(information.st_size) }
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("stat", path) }
        return nil
    }

    /// Whether this process may write the file at `path`.
    package static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// Where the file at `path` really lies, links followed; nil when there is none.
    package static func resolve(_ path: String) throws(SystemError) -> String? {
        guard let resolved = realpath(path, nil) else {
            guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("realpath", path) }
            return nil
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Makes an empty file that only its owner may read and write, unless there is one already: that is
    /// not opened.
    package static func makePrivateFile(_ path: String) throws(SystemError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            throw SystemError("open", path)
        }
        close(descriptor)
    }

    /// Makes the directory, and those above it that are missing, for their owner only. Their names are
    /// not durable yet.
    package static func makeDirectory(_ path: String) throws(SystemError) {
        var information = stat()
        if stat(path, &information) == 0 {
            guard information.st_mode & S_IFMT == S_IFDIR else {
                throw SystemError("mkdir", path, code: ENOTDIR)
            }
            return
        }
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("stat", path) }
        let parent = parent(of: path)
        if parent != path { try makeDirectory(parent) }
        // Another process may be faster.
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir", path) }
    }

    /// Puts a file with this content at `path`, all of it or none, also after a loss of power.
    package static func write(_ content: String, durablyTo path: String) throws(SystemError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", temporary) }
        defer { close(descriptor) }
        try writeAll(Array(content.utf8), to: descriptor, path: temporary)
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", temporary) }
        guard rename(temporary, path) == 0 else { throw SystemError("rename", path) }
        try synchronize(directory: parent(of: path))
    }

    /// The first bytes of a small text file, or nil when there is none.
    package static func read(_ path: String) throws(SystemError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SystemError("open", path)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = Platform.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw SystemError("read", path) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Makes the names in a directory durable.
    package static func synchronize(directory: String) throws(SystemError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", directory) }
    }

    /// Makes the name of a directory durable, and those of the directories above it, as far as they
    /// may be read.
    package static func synchronizeName(ofDirectory path: String) throws(SystemError) {
        let parent = parent(of: path)
        do {
            try synchronize(directory: parent)
        } catch  where error.code == EACCES || error.code == EPERM {
            return
        }
        if parent != path { try synchronizeName(ofDirectory: parent) }
    }

    /// The directory in which the file at `path` lies.
    package static func parent(of path: String) -> String {
        var trimmed = Substring(path)
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }
}

/// Writes all the bytes, however many calls that takes. A signal that `Signals` watches for ends it
/// early, so that nobody who does not read can keep a command from ending.
package func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, path: String
) throws(SystemError) {
    var start = 0
    while start < bytes.count {
        let count = bytes[start...].withUnsafeBytes {
            Platform.write(descriptor, $0.baseAddress, $0.count)
        }
        if count < 0 && errno == EINTR && Signals.pending == nil { continue }
        guard count >= 0 else { throw SystemError("write", path) }
        start += count
    }
}
