import Platform
import TestSupport
import Testing

@Suite struct FileLockTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `two holders exclude one another, also in one process`() throws {
        let first = try FileLock(path: directory.file("lock"))
        let second = try FileLock(path: directory.file("lock"))
        #expect(try first.acquire(waitingAtMost: 0))
        #expect(try !second.acquire(waitingAtMost: 20))
        first.release()
        #expect(try second.acquire(waitingAtMost: 0))
    }

    @Test func `a lock is freed with its holder`() throws {
        var first: FileLock? = try FileLock(path: directory.file("lock"))
        #expect(try first?.acquire(waitingAtMost: 0) == true)
        first = nil
        #expect(try FileLock(path: directory.file("lock")).acquire(waitingAtMost: 0))
    }

    @Test func `a child process does not keep the lock`() throws {
        var lock: FileLock? = try FileLock(path: directory.file("lock"))
        #expect(try lock?.acquire(waitingAtMost: 0) == true)
        // The child outlives the lock, and would still hold it had it inherited the open file.
        let child = try ChildProcess("sleep", ["5"])
        lock = nil
        // For an instant before it becomes another program, a child of any test has all open files.
        #expect(try FileLock(path: directory.file("lock")).acquire(waitingAtMost: 2000))
        child.send(SIGKILL)
    }
}
