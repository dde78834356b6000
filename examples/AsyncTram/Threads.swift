import Dispatch
import Foundation
import Synchronization

/// Runs an actor's jobs on a thread of its own, one after another. That thread may block; those of
/// Swift's own pool are few, and must not.
final class ThreadExecutor: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isOver = false
    }

    /// What the thread shares with the executor, and outlives it by a moment.
    private final class Queue: Sendable {
        let state = Mutex(State())
        let arrivals = DispatchSemaphore(value: 0)
    }

    private let queue = Queue()

    init() {
        let thread = Thread { [queue, weak self] in
            while true {
                queue.arrivals.wait()
                let (job, isOver) = queue.state.withLock { state in
                    (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isOver)
                }
                if let job, let self {
                    job.runSynchronously(on: self.asUnownedSerialExecutor())
                } else if isOver {
                    return
                }
            }
        }
        thread.name = "store"
        thread.start()
    }

    deinit {
        // An actor that has jobs keeps its executor, so none is left.
        queue.state.withLock { $0.isOver = true }
        queue.arrivals.signal()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.state.withLock { $0.jobs.append(job) }
        queue.arrivals.signal()
    }
}

/// Runs blocking work on a new thread, while the caller is suspended and blocks nobody.
func onThread<Output: Sendable>(
    _ work: @escaping @Sendable () throws -> Output
) async throws -> Output {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
