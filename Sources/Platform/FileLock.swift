/// An exclusive lock that the operating system frees when its process dies, whatever way it dies.
///
/// It is `flock(2)` on a file of its own, which is made when it is missing and never deleted:
/// deleting it would let two processes hold locks on two files of one name. A lock belongs to one
/// open file, so every `FileLock` opens its own, and no child process inherits it.
package final class FileLock {
    private let descriptor: Int32
    private let path: String

    /// Opens the lock's file at `path`; locks nothing yet.
    package init(path: String) throws(SystemError) {
        var descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor < 0 && (errno == EACCES || errno == EROFS) {
            // A lock needs no write: in a read-only place an existing file serves as well.
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw SystemError("open", path) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Takes the lock, waiting at most `milliseconds` for another holder to free it.
    ///
    /// `flock` cannot wait for a limited time, so this polls, first eagerly, then about once a
    /// millisecond with jitter, which keeps waiting processes from moving in step.
    ///
    /// - Returns: whether the lock is now held.
    /// - Throws: also when a signal comes that `Signals` watches for.
    package func acquire(waitingAtMost milliseconds: Int) throws(SystemError) -> Bool {
        let deadline = MonotonicTime.now() + Int64(milliseconds)
        while true {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw SystemError("flock", path)
            }
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
