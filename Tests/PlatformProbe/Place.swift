import Platform

/// Where a fault happens, seen from the note.
enum Place: String {
    /// On the first thread, which has the note.
    case here
    /// On another thread, which has the note.
    case thread
    /// On another thread, while the first has the note.
    case elsewhere
    /// On the first thread, after the note's end.
    case after
    /// After another handler was installed, which says so and ends the process.
    case handled

    func run(
        begin: @escaping @Sendable () throws -> Void, fail: @escaping @Sendable () -> Void
    ) throws {
        switch self {
        case .here:
            try begin()
            fail()
        case .thread:
            try Threads.start {
                try? begin()
                fail()
            }
            while true { pause() }
        case .elsewhere:
            try begin()
            try Threads.start(fail)
            while true { pause() }
        case .after:
            try begin()
            CrashNote(path: "").end()
            fail()
        case .handled:
            installHandler()
            try begin()
            fail()
        }
    }

    private func installHandler() {
        var action = sigaction()
        #if canImport(Darwin)
            action.__sigaction_u.__sa_sigaction = { reportFault($0, $1, $2) }
        #else
            action.__sigaction_handler.sa_sigaction = { reportFault($0, $1, $2) }
        #endif
        action.sa_flags = SA_SIGINFO
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT] { sigaction(number, &action, nil) }
    }
}

/// Says which signal came, and whether it was a fault and not sent.
private func reportFault(
    _ number: Int32, _ information: UnsafeMutablePointer<siginfo_t>?,
    _ context: UnsafeMutableRawPointer?
) {
    let isFault = information.map { $0.pointee.si_code > 0 } ?? false
    PlatformProbe.say("\(number) \(isFault ? "fault" : "sent")\n")
    _exit(7)
}
