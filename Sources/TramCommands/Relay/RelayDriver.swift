package import Platform
package import Tram
package import TramWorkbench

/// Drives a relay's run in the ways of `tram relay run`.
package struct RelayDriver<App: Application> {
    private let run: RelayRun
    private let bounds: RelayRun.Bounds
    private let reporter: RelayReporter<App>
    private let patience: Patience
    package private(set) var hasFailed = false
    package private(set) var hasParked = false
    /// Whether a delivery was committed: then it is no longer true that nothing was changed.
    package private(set) var hasDelivered = false
    /// How many messages were pending after the last pass.
    package private(set) var pending = 0

    package init(
        run: RelayRun, bounds: RelayRun.Bounds, reporter: RelayReporter<App>, patience: Patience
    ) {
        self.patience = patience
        self.run = run
        self.bounds = bounds
        self.reporter = reporter
    }

    package mutating func step() throws {
        note(try run.step(bounds, report: reporter.report))
    }

    @discardableResult
    package mutating func pass() throws -> PassSummary {
        let summary = try run.pass(bounds, report: reporter.report)
        note(summary)
        return summary
    }

    package mutating func passUntilIdle() throws {
        while true {
            let summary = try pass()
            if summary.isIdle || summary.isInterrupted { return }
            reporter.ignoresIdlePasses = true
        }
    }

    /// Makes passes as messages come, and tries failed deliveries again: see `RelayWatch`.
    ///
    /// - Parameter afterPass: called between two passes, outside all transactions.
    package mutating func watch(afterPass: (PassSummary) throws -> Void) throws {
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
