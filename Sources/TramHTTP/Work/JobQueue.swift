internal import Dispatch
internal import Synchronization

/// Something to do for a request, on a thread that has the stores open and may block.
struct Job: Sendable {
    let run: AnyEndpoint.Work
    /// After this time, in milliseconds of `MonotonicTime`, it has waited too long to be done.
    let expires: Int64
    /// Called once, on some thread.
    let done: @Sendable (Result<Answer, any Error>) -> Void
}

/// Jobs that wait for a thread.
final class JobQueue: Sendable {
    /// The queue's bound: more than the open connections, since jobs of clients that left count too.
    private static let longest = 1024

    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Returns: whether the job will be done: false when there are too many, or the queue is closed.
    func add(_ job: Job) -> Bool {
        let isAdded = state.withLock { state in
            guard !state.isClosed, state.jobs.count < Self.longest else { return false }
            state.jobs.append(job)
            return true
        }
        if isAdded { arrivals.signal() }
        return isAdded
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

    /// All jobs that wait now, without waiting for any.
    func takeAll() -> [Job] {
        state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs
        }
    }

    /// What is in the queue is still done.
    func close() {
        state.withLock { $0.isClosed = true }
        arrivals.signal()
    }
}
