internal import Platform
internal import Synchronization
internal import Tram

/// The transactions of this process that write and are open, by thread.
///
/// It finds two mistakes that would otherwise show as a hang or as lost consistency:
///
/// * A thread that begins another transaction on the same file, through a second store object,
///   would wait for its own lock: `StoreError.nested`.
/// * A thread that writes to another store in the middle of a body would commit there, whatever
///   happens to the body: `StoreError.insideAnother`.
///
/// Rehearsals and batches are transactions that stay open while others are begun on other stores.
/// They are not "in a body", so that this is allowed.
enum OpenWrites {
    /// What a transaction writes to. Two store objects for one file have the same target.
    enum Target: Hashable, Sendable {
        /// A file, by the path of its writers' lock.
        case lock(path: String)
        /// A store in memory, by its object.
        case memory(ObjectIdentifier)
    }

    /// A transaction that this thread has open.
    private struct OpenWrite {
        let target: Target
        let service: String
        /// Whether a body is running that must not write elsewhere. False while the transaction
        /// only encloses others and none of them is running.
        var isInBody = true
    }

    /// The open transactions of each thread, the innermost last. A thread without any has no entry.
    private static let threads = Mutex<[UInt: [OpenWrite]]>([:])

    /// Makes sure that this thread may wait for a target's lock.
    ///
    /// - Throws: `StoreError.nested` when it holds the lock itself.
    static func checkMayWait(for target: Target, of service: String) throws {
        let isOpen = threads.withLock { threads in
            threads[Threads.current]?.contains { $0.target == target } ?? false
        }
        if isOpen { throw StoreError.nested(service: service) }
    }

    /// Makes sure that this thread is not in the body of another store's transaction.
    ///
    /// - Throws: `StoreError.insideAnother` when it is.
    static func checkMayWrite(to target: Target, of service: String) throws {
        let other = threads.withLock { threads in
            threads[Threads.current]?.last { $0.isInBody && $0.target != target }?.service
        }
        if let other { throw StoreError.insideAnother(service: service, outer: other) }
    }

    /// Runs `body` as a transaction that writes, and forgets it afterwards, also after an error.
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
