internal import CustomersAndOrders
internal import Dispatch
internal import Platform
internal import Presentation
internal import Synchronization
internal import Tram
internal import TramSQLite

/// The relay inside the server: a thread that delivers messages as they are committed, by this process
/// or another.
///
/// It holds the relay lock for one drain at a time, and not for long, so that a `tram relay run`, a
/// purge or a rebuild gets its turn.
final class RelayLoop: Sendable {
    /// How long a drain goes on while more messages come, in milliseconds.
    private static let longestDrain: Int64 = 100
    /// How long the lock rests then, so that one who waits for it can wake up.
    private static let rest = 3
    /// How often to look for commits of other processes, in milliseconds.
    private static let lookEvery = 5
    /// How often to look for deadlines, which no commit announces.
    private static let lookForDeadlinesEvery: Int64 = 500

    private struct State {
        var isRunning = false
        var isStopping = false
        /// Whether somebody has called ``wake()`` since the loop last looked.
        var isWoken = false
        var problem: Problem.Code?
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let parking: ServedParking
    private let metrics: Metrics
    private let report: @Sendable (ServerEvent) -> Void

    init(
        parking: ServedParking, metrics: Metrics,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.parking = parking
        self.metrics = metrics
        self.report = report
    }

    /// Starts to deliver.
    func start(open: @escaping @Sendable () throws -> CustomersAndOrders) throws {
        try Threads.start { [self] in
            defer { ended.signal() }
            while !isStopping {
                do {
                    try deliver(in: open())
                } catch {
                    // What the drain has not come to is still pending. The stores are opened again:
                    // they may have been replaced.
                    note(problem: error)
                    pause(milliseconds: 1000)
                }
            }
        }
        state.withLock { $0.isRunning = true }
    }

    /// Says that something may have been committed.
    func wake() {
        let isFirst = state.withLock { state in
            defer { state.isWoken = true }
            return !state.isWoken
        }
        if isFirst { arrivals.signal() }
    }

    /// Ends the relay between two transactions, and waits for that.
    func stop() {
        let isRunning = state.withLock { state in
            state.isStopping = true
            return state.isRunning
        }
        wake()
        if isRunning { ended.wait() }
    }

    /// Why it cannot deliver at present, or nil when it can.
    var problem: Problem.Code? { state.withLock { $0.problem } }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func deliver(in system: CustomersAndOrders) throws {
        let run = parking.run(in: system)
        var failures = RetryDelay()
        var absences = RetryDelay.ofAbsences
        // What the stores' versions were before the last complete drain; nil for one that is away.
        var drained: [Int?]?
        var lookForDeadlinesAt: Int64 = 0
        while !isStopping {
            system.patience.renew()
            let now = MonotonicTime.now()
            let versions = system.stores.map { try? $0.dataVersion() }
            guard versions != drained || now >= lookForDeadlinesAt else {
                pause(milliseconds: Self.lookEvery)
                continue
            }
            do {
                let isIdle = try system.withoutRelay { try drain(run, system) }
                drained = isIdle ? versions : nil
                lookForDeadlinesAt = now + Self.lookForDeadlinesEvery
                note(problem: nil)
                if absences.isDue(hasFailed: run.hasUnavailable, now: now) {
                    run.retryIfAnyoneIsBack()
                    drained = nil
                }
                if failures.isDue(hasFailed: run.hasFailed, now: now) {
                    run.retryFailed()
                    drained = nil
                }
                if !isIdle { MonotonicTime.sleep(milliseconds: Self.rest) }
            } catch  where error.isOfBusyness {
                // Another process has its turn.
                drained = nil
                MonotonicTime.sleep(milliseconds: Self.rest)
            }
        }
    }

    /// Waits, at most so long, until somebody calls ``wake()``.
    private func pause(milliseconds: Int) {
        _ = arrivals.wait(timeout: .now() + .milliseconds(milliseconds))
        state.withLock { $0.isWoken = false }
    }

    /// Makes passes until there is nothing to deliver, or the time is over.
    ///
    /// - Returns: whether there is nothing to deliver.
    private func drain(_ run: RelayRun, _ system: CustomersAndOrders) throws -> Bool {
        let start = MonotonicTime.now()
        let isOver = { [self] in
            isStopping || MonotonicTime.now() >= start + Self.longestDrain
        }
        let bounds = RelayRun.Bounds(isInterrupted: isOver)
        var watch = DeliveryWatch(metrics: metrics, report: report)
        repeat {
            let summary = try run.pass(bounds) { watch.note($0) }
            if summary.newlyParked > 0 { parking.notices?.wake() }
            if summary.isIdle { return true }
        } while !isOver()
        return false
    }

    private func note(problem error: (any Error)?) {
        let problem = error.map { Problem($0) }
        let isNew = state.withLock { state in
            defer { state.problem = problem?.code }
            return state.problem != problem?.code
        }
        guard isNew else { return }
        report(problem.map { .relayFailed($0.detail) } ?? .relayRecovered)
    }
}

extension Error {
    /// Whether another process only has to be waited for.
    fileprivate var isOfBusyness: Bool {
        if let error = self as? StoreError, case .busy = error { return true }
        return self is RelayIsBusy
    }
}
