import Foundation
import Platform
import Synchronization
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

    @Test(.enabled(if: LockQueue.isVisible))
    func `those who wait get the lock in the order of their arrival`() throws {
        let path = directory.file("lock")
        let holder = try FileLock(path: path)
        try #require(try holder.acquire(waitingAtMost: 0))
        let arrived = Mutex<[Int]>([])
        let group = DispatchGroup()
        for number in 0..<8 {
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                guard let lock = try? FileLock(path: path),
                    (try? lock.acquire(waitingAtMost: 60_000)) == true
                else { return }
                arrived.withLock { $0.append(number) }
                lock.release()
            }
            try LockQueue.waitUntil(number + 1, waitFor: path)
        }
        holder.release()
        group.wait()
        #expect(arrived.withLock { $0 } == Array(0..<8))
    }

    @Test(.enabled(if: LockQueue.isVisible)) func `who waits sleeps until it is time`() throws {
        let holder = try FileLock(path: directory.file("lock"))
        let waiter = try FileLock(path: directory.file("lock"))
        #expect(try holder.acquire(waitingAtMost: 0))
        let (start, wakes) = (MonotonicTime.now(), try LockQueue.wakesOfThisThread())
        #expect(try !waiter.acquire(waitingAtMost: 300))
        #expect(MonotonicTime.now() - start >= 300)
        #expect(try LockQueue.wakesOfThisThread() - wakes < 20)
    }

    @Test func `a thread that blocks all signals waits no longer`() throws {
        let path = directory.file("lock")
        let holder = try FileLock(path: path)
        #expect(try holder.acquire(waitingAtMost: 0))
        inParallel(1) { _ in
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, nil)
            #expect(throws: Never.self) {
                let waiter = try FileLock(path: path)
                #expect(try !waiter.acquire(waitingAtMost: 50))
            }
            var after = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &after)
            #expect(sigismember(&after, SIGTERM) == 1)
        }
    }
}
