extension Files {
    /// Deletes the file at `path`, if there is one. Its name is not durably gone yet.
    package static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("unlink", path) }
    }

    /// Whether there is no such directory, or nothing in it.
    package static func isMissingOrEmpty(directory: String) throws(SystemError) -> Bool {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return true }
            throw SystemError("open", directory)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { return false }
        }
        return true
    }

    /// Puts a file in the place of another, durably.
    package static func replace(_ target: String, with path: String) throws(SystemError) {
        guard Platform.rename(path, target) == 0 else { throw SystemError("rename", path) }
        try synchronize(directory: parent(of: target))
    }
}
