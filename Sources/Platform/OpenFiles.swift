/// How many files and connections the system lets this process have open.
package enum OpenFiles {
    /// Asks for as many as the process may have without being root.
    ///
    /// - Returns: how many it may have open now.
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return 256 }
        let current = limit.rlim_cur
        // Where there is no limit at all, a large number does.
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        guard limit.rlim_cur > current, setrlimit(resource, &limit) == 0 else {
            return Int(clamping: current)
        }
        return Int(limit.rlim_cur)
    }
}
