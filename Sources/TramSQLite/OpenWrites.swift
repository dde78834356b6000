internal import Platform
internal import Synchronization
internal import Tram

/// The transactions that write and are open in this process, by thread. A thread that begins another one of
/// the same file, through a second store, would wait for itself; one of another store, in the middle of a
/// body, would not be undone with it.
enum OpenWrites {
    /// What a transaction writes to.
    enum Target: Hashable, Sendable {
        /// The lock of a file that may be open more than once.
        case lock(path: String)
        case memory(ObjectIdentifier)
    }

    private struct OpenWrite {
        let target: Target
        let service: String
        /// Whether the body of a transaction is running; else transactions are parts of this one, and
        /// none of them is under way.
        var isInBody = true
    }

    private static let threads = Mutex<[UInt: [OpenWrite]]>([:])

    /// Makes sure that this thread may wait for a target's lock.
    ///
    /// - Throws: `StoreError.nested` when it has the lock.
    static func checkMayWait(for target: Target, of service: String) throws {
        let isOpen = threads.withLock { threads in
            threads[Threads.current]?.contains { $0.target == target } ?? false
        }
        if isOpen { throw StoreError.nested(service: service) }
    }

    /// Makes sure that this thread is not in the body of another store's transaction.
    ///
    /// - Throws: `StoreError.insideAnother`.
    static func checkMayWrite(to target: Target, of service: String) throws {
        let other = threads.withLock { threads in
            threads[Threads.current]?.last { $0.isInBody && $0.target != target }?.service
        }
        if let other { throw StoreError.insideAnother(service: service, outer: other) }
    }

    /// Runs `body` as a transaction that writes.
    static func writing<Result>(
        to target: Target, of service: String, _ body: () throws -> Result
    ) rethrows -> Result {
        threads.withLock {
            $0[Threads.current, default: []].append(OpenWrite(target: target, service: service))
        }
        defer {
            threads.withLock { threads in
                let thread = Threads.current
                threads[thread]?.removeLast()
                if threads[thread]?.isEmpty ?? false { threads[thread] = nil }
            }
        }
        return try body()
    }

    /// Notes whether the body of one of a target's transactions is running.
    static func note(isInBody: Bool, at target: Target) {
        threads.withLock { threads in
            let thread = Threads.current
            guard let index = threads[thread]?.lastIndex(where: { $0.target == target }) else {
                return
            }
            threads[thread]?[index].isInBody = isInBody
        }
    }
}
