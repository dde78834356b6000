private import CPlatform

/// An exclusive lock that the operating system frees when its process dies, whatever way it dies.
///
/// It is `flock(2)` on a file of its own, which is made when it is missing and never deleted:
/// deleting it would let two processes hold locks on two files of one name. A lock belongs to one
/// open file, so every `FileLock` opens its own, and no child process inherits it.
package final class FileLock {
    private let descriptor: Int32
    package let path: String

    /// Opens the lock's file at `path`; locks nothing yet.
    package init(path: String) throws(SystemError) {
        var descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 && (errno == EACCES || errno == EROFS) {
            // A lock needs no write: in a read-only place an existing file serves as well. Where there
            // is none, the first refusal says why none could be made.
            let refusal = SystemError("open", path)
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            if descriptor < 0 { throw refusal }
        }
        guard descriptor >= 0 else { throw SystemError("open", path) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Takes the lock, waiting at most `milliseconds` for the others to free it.
    ///
    /// Who waits sleeps in the system's queue, and the one that has waited longest is next.
    ///
    /// - Returns: whether the lock is now held.
    /// - Throws: also when a signal comes that `Signals` watches for.
    package func acquire(waitingAtMost milliseconds: Int) throws(SystemError) -> Bool {
        if try acquireIfFree() { return true }
        guard milliseconds > 0 else { return false }
        let (nanoseconds, isTooLong) = Int64(milliseconds).multipliedReportingOverflow(
            by: 1_000_000)
        let code = tram_flock_within(descriptor, isTooLong ? .max / 2 : nanoseconds) {
            Signals.pending == nil ? 0 : 1
        }
        switch code {
        case 0: return true
        case EWOULDBLOCK: return false
        case ENOSYS: return try poll(until: MonotonicTime.now() + Int64(milliseconds))
        default: throw SystemError("flock", path, code: code)
        }
    }

    private func acquireIfFree() throws(SystemError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK || errno == EINTR else { throw SystemError("flock", path) }
        return false
    }

    /// Waits where the system cannot end a wait in its queue: with pauses of chance length, which keep
    /// those who wait from moving in step.
    private func poll(until deadline: Int64) throws(SystemError) -> Bool {
        while true {
            if try acquireIfFree() { return true }
            guard MonotonicTime.now() < deadline else { return false }
            if Signals.pending != nil { throw SystemError("flock", path, code: EINTR) }
            usleep(UInt32.random(in: 100...1000))
        }
    }

    /// Frees the lock.
    package func release() {
        flock(descriptor, LOCK_UN)
    }
}
