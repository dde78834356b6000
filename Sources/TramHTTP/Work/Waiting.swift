internal import Synchronization
package import TramWorkbench

/// What a request waits for has not happened yet: it is done again after a while.
package struct NotYet: Error {
    /// How long the request may wait in all, in milliseconds.
    let timeout: Int
    /// What the client is told when that time is over.
    let problem: Problem

    package init(timeout: Int, problem: Problem) {
        self.timeout = timeout
        self.problem = problem
    }
}

/// Counts the requests that wait for something to happen. They hold no thread, but their clients may
/// have gone, so there is a bound.
final class Waiting: Sendable {
    private static let most = 256

    private let count = Mutex(0)

    /// - Returns: false when too many wait already.
    func begin() -> Bool {
        count.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
    }

    func end() {
        count.withLock { $0 -= 1 }
    }
}
