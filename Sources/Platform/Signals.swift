private import CPlatform
private import Synchronization

/// The signals that ask a long-running command to end: SIGINT and SIGTERM.
///
/// After `watch()` they no longer end the process; they are remembered, and the command asks for
/// them between two transactions.
package enum Signals {
    private static let received = Atomic<Int32>(0)

    /// Starts to remember SIGINT and SIGTERM instead of dying of them.
    package static func watch() {
        _ = pending
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            #if canImport(Darwin)
                action.__sigaction_u.__sa_handler = {
                    Signals.received.store($0, ordering: .relaxed)
                    tram_end_flock_wait()
                }
            #else
                action.__sigaction_handler.sa_handler = {
                    Signals.received.store($0, ordering: .relaxed)
                    tram_end_flock_wait()
                }
            #endif
            sigaction(number, &action, nil)
        }
    }

    /// Makes writing to a pipe that nobody reads any more an error, and not the process's end.
    package static func ignoreClosedPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Makes writing beyond the limit on the size of files an error, and not the process's end.
    package static func ignoreFileSizeLimit() {
        signal(SIGXFSZ, SIG_IGN)
    }

    /// The signal that came since `watch()`, or nil.
    package static var pending: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }
}
