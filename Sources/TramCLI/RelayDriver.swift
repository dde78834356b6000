internal import Platform
internal import Tram

/// Drives a relay's run in the ways of `tram relay run`.
struct RelayDriver {
    private let run: RelayRun
    private let bounds: RelayRun.Bounds
    private let reporter: RelayReporter
    private let patience: Patience
    private(set) var hasFailed = false
    private(set) var hasParked = false
    /// Whether a delivery was committed: then it is no longer true that nothing was changed.
    private(set) var hasDelivered = false
    /// How many messages were pending after the last pass.
    private(set) var pending = 0

    init(
        run: RelayRun, bounds: RelayRun.Bounds, reporter: RelayReporter, patience: Patience
    ) {
        self.patience = patience
        self.run = run
        self.bounds = bounds
        self.reporter = reporter
    }

    mutating func step() throws {
        note(try run.step(bounds, report: reporter.report))
    }

    @discardableResult
    mutating func pass() throws -> PassSummary {
        let summary = try run.pass(bounds, report: reporter.report)
        note(summary)
        return summary
    }

    mutating func passUntilIdle() throws {
        while true {
            let summary = try pass()
            if summary.isIdle || summary.isInterrupted { return }
            reporter.ignoresIdlePasses = true
        }
    }

    /// Makes passes as messages come, and tries failed deliveries again: see `RelayWatch`.
    ///
    /// - Parameter afterPass: called between two passes, outside all transactions.
    mutating func watch(afterPass: (PassSummary) throws -> Void) throws {
        reporter.ignoresIdlePasses = true
        var watch = RelayWatch(run, deadlineInterval: 0)
        while Signals.pending == nil {
            patience.renew()
            let look = try watch.look(now: MonotonicTime.now()) {
                let summary = try pass()
                try afterPass(summary)
                return summary.isIdle
            }
            if look != .more { MonotonicTime.sleep(milliseconds: 20) }
        }
    }

    private mutating func note(_ summary: PassSummary) {
        if summary.failed > 0 { hasFailed = true }
        if summary.newlyParked > 0 { hasParked = true }
        if summary.messages > 0 { hasDelivered = true }
        pending = summary.pending
    }
}
