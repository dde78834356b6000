import Platform
import TestSupport
import Testing

@Suite struct PatienceTests {
    @Test func `what one wait has taken, the next has no more, until it is renewed`() throws {
        let directory = try TemporaryDirectory()
        let holder = try FileLock(path: directory.file("lock"))
        #expect(try holder.acquire(waitingAtMost: 0))
        let patience = Patience(milliseconds: 60)
        func wait() throws -> Bool {
            try patience.wait { left in
                try FileLock(path: directory.file("lock")).acquire(waitingAtMost: left)
            }
        }
        #expect(try !wait())
        #expect(patience.left == 0)
        let start = MonotonicTime.now()
        #expect(try !wait())
        #expect(MonotonicTime.now() - start < 60)
        holder.release()
        #expect(try wait(), "what is free is taken without patience")
        patience.renew()
        #expect(patience.left == 60)
        #expect(patience.limit == 60)
    }
}
