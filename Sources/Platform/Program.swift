/// This program as a file, and becoming another one.
package enum Program {
    /// The path of the file that this process runs, links followed; nil when the system does not tell.
    package static func path() -> String? {
        #if canImport(Darwin)
            var size: UInt32 = 0
            _NSGetExecutablePath(nil, &size)
            var name = [CChar](repeating: 0, count: Int(size))
            guard _NSGetExecutablePath(&name, &size) == 0 else { return nil }
        #else
            let name = Array("/proc/self/exe".utf8CString)
        #endif
        guard let resolved = realpath(name, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    /// Makes this process another program. Its standard streams, its id and its environment stay.
    ///
    /// - Parameter arguments: those after the program's name.
    /// - Throws: when it cannot be run; otherwise this does not return.
    package static func become(_ path: String, _ arguments: [String]) throws(SystemError) -> Never {
        let list = ([path] + arguments).map { strdup($0) } + [nil]
        execv(path, list)
        let error = SystemError("run", path)
        for text in list { free(text) }
        throw error
    }
}
