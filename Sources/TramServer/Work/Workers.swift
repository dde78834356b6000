internal import CustomersAndOrders
internal import Platform
internal import TramSQLite

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

    func add(_ job: Job, for worker: Endpoint.Worker) {
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
            var system = try? open()
            while let jobs = queue.next() {
                for job in jobs {
                    job.done(Result { try job.run(opened(&system, open)) })
                }
            }
        }
    }

    private static func startWriter(
        _ queue: JobQueue, _ open: @escaping @Sendable () throws -> CustomersAndOrders,
        _ wrote: @escaping @Sendable () -> Void,
        store: @escaping @Sendable (CustomersAndOrders) -> SQLiteStore
    ) throws {
        try Threads.start {
            var system = try? open()
            while let jobs = queue.next(atMost: batch) {
                let answers = Result {
                    let system = try opened(&system, open)
                    return try store(system).batch {
                        jobs.map { job in Result { try job.run(system) } }
                    }
                }
                wrote()
                for (index, job) in jobs.enumerated() {
                    job.done(answers.flatMap { $0[index] })
                }
            }
        }
    }

    /// The thread's stores, which are opened again if that has failed before.
    private static func opened(
        _ system: inout CustomersAndOrders?, _ open: () throws -> CustomersAndOrders
    ) throws -> CustomersAndOrders {
        if let system { return system }
        let opened = try open()
        system = opened
        return opened
    }
}
