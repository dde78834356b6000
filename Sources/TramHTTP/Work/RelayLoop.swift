internal import Dispatch
internal import Platform
internal import Synchronization
internal import Tram
internal import TramRunner
internal import TramWorkbench

/// The relay inside the server: a thread that delivers messages as they are committed, by this process
/// or another.
///
/// It holds the relay lock for one drain at a time, and not for long, so that a command `relay run`, a
/// purge or a rebuild gets its turn.
final class RelayLoop: Sendable {
    private struct State {
        var runner: RelayRunner?
        var isStopping = false
        var problem: Problem.Code?
    }

    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)
    private let application: any Application.Type
    private let parking: ServedParking
    private let metrics: Metrics
    private let report: @Sendable (ServerEvent) -> Void

    init(
        of application: any Application.Type, parking: ServedParking, metrics: Metrics,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.application = application
        self.parking = parking
        self.metrics = metrics
        self.report = report
    }

    /// Starts to deliver.
    func start(open: @escaping @Sendable () throws -> any Application) throws {
        let runner = RelayRunner { [self] in session(in: try open()) }
        try Threads.start { [self] in
            defer { ended.signal() }
            while !runner.isStopping {
                do {
                    try runner.run()
                } catch {
                    // What the turn has not come to is still pending. The stores are opened again:
                    // they may have been replaced.
                    note(problem: error)
                    runner.pause(atMost: .seconds(1))
                }
            }
        }
        let isStopping = state.withLock { state in
            state.runner = runner
            return state.isStopping
        }
        if isStopping { runner.stop() }
    }

    /// Says that something may have been committed.
    func wake() {
        state.withLock { $0.runner }?.wake()
    }

    /// Ends the relay between two transactions, and waits for that.
    func stop() {
        let runner = state.withLock { state in
            state.isStopping = true
            return state.runner
        }
        guard let runner else { return }
        runner.stop()
        ended.wait()
    }

    /// Why it cannot deliver at present, or nil when it can.
    var problem: Problem.Code? { state.withLock { $0.problem } }

    private func session(in application: any Application) -> RelayRunner.Session {
        var session = RelayRunner.Session(
            parking.run(in: application), excluding: application.stores.withRelayLock)
        var watch = DeliveryWatch(metrics: metrics, report: report)
        session.beforeLook = { application.stores.patience.renew() }
        session.beforeTurn = { [self] in
            watch = DeliveryWatch(metrics: metrics, report: report)
        }
        session.report = { [parking] event in
            watch.note(event)
            if case .ended(let summary) = event, summary.newlyParked > 0 { parking.notices?.wake() }
        }
        session.afterTurn = { [self] in note(problem: nil) }
        return session
    }

    private func note(problem error: (any Error)?) {
        let problem = error.map { Problem($0, of: application) }
        let isNew = state.withLock { state in
            defer { state.problem = problem?.code }
            return state.problem != problem?.code
        }
        guard isNew else { return }
        report(problem.map { .relayFailed($0.detail) } ?? .relayRecovered)
    }
}
