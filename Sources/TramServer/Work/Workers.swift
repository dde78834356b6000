internal import CustomersAndOrders
internal import Platform
internal import Tram
internal import TramSQLite
internal import TramWorkbench

/// The threads that do the work of requests, so that nothing ever waits for a disk or a lock on a
/// thread of the network. Each has the stores open for itself.
///
/// A service's writes go through one thread: they would wait for one another in any case, and those
/// that have come meanwhile share one commit.
struct Workers: Sendable {
    /// How many requests share a commit at the most.
    private static let batch = 64

    private let readers = JobQueue()
    private let customerWriter = JobQueue()
    private let orderWriter = JobQueue()
    private let relay = JobQueue()

    /// - Parameters:
    ///   - open: opens the stores, for a thread of that kind.
    ///   - wrote: called after each commit.
    init(
        open: @escaping @Sendable (Endpoint.Worker) throws -> CustomersAndOrders,
        wrote: @escaping @Sendable () -> Void
    ) throws {
        for _ in 1...4 { try Self.startReader(readers) { try open(.reader) } }
        try Self.startReader(relay) { try open(.relay) }
        try Self.startWriter(customerWriter, { try open(.customerWriter) }, wrote) {
            $0.customerStore
        }
        try Self.startWriter(orderWriter, { try open(.orderWriter) }, wrote) { $0.orderStore }
    }

    /// - Returns: whether the job will be done; false when there are too many before it.
    func add(_ job: Job, for worker: Endpoint.Worker) -> Bool {
        switch worker {
        case .reader: readers.add(job)
        case .customerWriter: customerWriter.add(job)
        case .orderWriter: orderWriter.add(job)
        case .relay: relay.add(job)
        }
    }

    func close() {
        for queue in [readers, customerWriter, orderWriter, relay] { queue.close() }
    }

    private static func startReader(
        _ queue: JobQueue, _ open: @escaping @Sendable () throws -> CustomersAndOrders
    ) throws {
        try Threads.start {
            var stores = OpenStores(open)
            while let jobs = queue.next() {
                for job in inTime(jobs) { job.done(stores.use(job.run)) }
            }
        }
    }

    private static func startWriter(
        _ queue: JobQueue, _ open: @escaping @Sendable () throws -> CustomersAndOrders,
        _ wrote: @escaping @Sendable () -> Void,
        store: @escaping @Sendable (CustomersAndOrders) -> SQLiteStore
    ) throws {
        try Threads.start {
            var stores = OpenStores(open)
            while let arrived = queue.next(atMost: batch) {
                let jobs = inTime(arrived)
                if jobs.isEmpty { continue }
                let answers = stores.use { system in
                    try store(system).batch {
                        jobs.map { job in Result { try job.run(system) } }
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

/// The stores that a thread has open.
private struct OpenStores {
    private let open: () throws -> CustomersAndOrders
    private var system: CustomersAndOrders?

    init(_ open: @escaping () throws -> CustomersAndOrders) {
        self.open = open
        // Whatever is wrong is told to the first who needs them.
        system = try? open()
    }

    /// Does something with the stores. They are opened again when that has failed before, or when
    /// their files have been deleted or replaced.
    mutating func use<Output>(
        _ body: (CustomersAndOrders) throws -> Output
    ) -> Result<Output, any Error> {
        do {
            let system = try self.system ?? open()
            self.system = system
            system.stores.patience.renew()
            return .success(try body(system))
        } catch {
            if let error = error as? StoreError, case .moved = error { system = nil }
            return .failure(error)
        }
    }
}
