private import CPlatform

/// This program: its arguments, its file, and becoming another one.
package enum Program {
    /// The arguments after the program's name. One that is not UTF-8 is repaired: see
    /// ``firstArgumentThatIsNotUTF8()``.
    ///
    /// They are those that the C library was given. `CommandLine` reads a file for them, and has none
    /// when that cannot be opened.
    package static func arguments() -> [String] {
        let count = Int(tram_argument_count())
        guard count >= 0 else { return Array(CommandLine.arguments.dropFirst()) }
        return (0..<count).dropFirst().map { position in
            tram_argument(Int32(position)).map { String(cString: $0) } ?? ""
        }
    }

    /// The position of the first argument that is not valid UTF-8, or nil: a repaired name would not be
    /// the one that was typed.
    package static func firstArgumentThatIsNotUTF8() -> Int? {
        let count = Int(tram_argument_count())
        guard count >= 0 else {
            return (0..<Int(CommandLine.argc)).first {
                CommandLine.unsafeArgv[$0].map { String(validatingCString: $0) == nil } ?? false
            }
        }
        return (0..<count).first { position in
            tram_argument(Int32(position)).map { String(validatingCString: $0) == nil } ?? false
        }
    }

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
