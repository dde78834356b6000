internal import CustomersAndOrders
internal import Dispatch
internal import Synchronization

/// Something to do for a request, on a thread that has the stores open and may block.
struct Job: Sendable {
    let run: @Sendable (CustomersAndOrders) throws -> Answer
    /// Called once, on some thread.
    let done: @Sendable (Result<Answer, any Error>) -> Void
}

/// Jobs that wait for a thread. It is as long as there are open connections, at the most.
final class JobQueue: Sendable {
    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    func add(_ job: Job) {
        state.withLock { $0.jobs.append(job) }
        arrivals.signal()
    }

    /// Waits for jobs.
    ///
    /// - Returns: at least one job, or nil when the queue is closed and empty.
    func next(atMost limit: Int = 1) -> [Job]? {
        while true {
            arrivals.wait()
            let (jobs, isClosed) = state.withLock { state in
                let jobs = Array(state.jobs.prefix(limit))
                state.jobs.removeFirst(jobs.count)
                return (jobs, state.isClosed)
            }
            if !jobs.isEmpty { return jobs }
            if isClosed {
                // For the next thread.
                arrivals.signal()
                return nil
            }
        }
    }

    /// What is in the queue is still done.
    func close() {
        state.withLock { $0.isClosed = true }
        arrivals.signal()
    }
}
