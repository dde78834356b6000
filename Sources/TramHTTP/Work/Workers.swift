internal import Platform
internal import Tram
internal import TramSQLite
internal import TramWorkbench

/// The threads that do the work of requests, so that nothing ever waits for a disk or a lock on a
/// thread of the network. Each has the stores open for itself.
///
/// A store's writes go through one thread: they would wait for one another in any case, and those
/// that have come meanwhile share one commit.
struct Workers: Sendable {
    /// How many requests share a commit at the most.
    private static let batch = 64

    /// How many threads do what only reads.
    static let readers = 4

    private let readers = JobQueue()
    private let relay = JobQueue()
    /// By the name of the store.
    private let writers: [String: JobQueue]

    /// - Parameters:
    ///   - writers: the names of the stores that requests write.
    ///   - open: opens the stores, for a thread of that kind.
    ///   - wrote: called after each commit.
    init(
        writers names: Set<String>,
        open: @escaping @Sendable (Worker) throws -> any Application,
        wrote: @escaping @Sendable () -> Void
    ) throws {
        for _ in 1...Self.readers { try Self.startReader(readers) { try open(.reader) } }
        try Self.startReader(relay) { try open(.relay) }
        writers = Dictionary(uniqueKeysWithValues: names.map { ($0, JobQueue()) })
        for (name, queue) in writers {
            try Self.startWriter(queue, of: name, { try open(.writer(name)) }, wrote)
        }
    }

    /// - Returns: whether the job will be done; false when there are too many before it.
    func add(_ job: Job, for worker: Worker) -> Bool {
        switch worker {
        case .reader: readers.add(job)
        case .relay: relay.add(job)
        case .writer(let store): writers[store]?.add(job) ?? false
        }
    }

    func close() {
        for queue in [readers, relay] + writers.values { queue.close() }
    }

    private static func startReader(
        _ queue: JobQueue, _ open: @escaping @Sendable () throws -> any Application
    ) throws {
        try Threads.start {
            var stores = OpenStores(open)
            while let jobs = queue.next() {
                for job in inTime(jobs) { job.done(stores.use(job.run)) }
            }
        }
    }

    private static func startWriter(
        _ queue: JobQueue, of store: String,
        _ open: @escaping @Sendable () throws -> any Application,
        _ wrote: @escaping @Sendable () -> Void
    ) throws {
        try Threads.start {
            var stores = OpenStores(open)
            while let arrived = queue.next(atMost: batch) {
                let jobs = inTime(arrived)
                if jobs.isEmpty { continue }
                let answers = stores.use { application in
                    try application.stores.file(store).batch {
                        jobs.map { job in Result { try job.run(application) } }
                    }
                }
                wrote()
                for (index, job) in jobs.enumerated() {
                    job.done(answers.flatMap { $0[index] })
                }
                // Those behind them have waited for the same lock, and need not wait for it again.
                if case .failure(let error as StoreError) = answers, case .busy = error {
                    for job in queue.takeAll() { job.done(.failure(error)) }
                }
            }
        }
    }

    /// The jobs that have not waited too long; the others are told so.
    private static func inTime(_ jobs: [Job]) -> [Job] {
        let now = MonotonicTime.now()
        for job in jobs where job.expires < now { job.done(.failure(WaitedTooLong())) }
        return jobs.filter { $0.expires >= now }
    }
}

/// There were too many requests before this one. Nothing was done for it.
struct WaitedTooLong: Error {}
