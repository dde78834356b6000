extension RelayRun {
    /// Makes passes until nothing else can move: what handlers send is delivered, too. What fails is tried
    /// once, as in every run.
    ///
    /// - Returns: the last pass: an idle one, or one that was interrupted.
    @discardableResult
    public func runUntilIdle(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        while true {
            let summary = try pass(bounds, report: report)
            if summary.isIdle || summary.isInterrupted { return summary }
        }
    }
}

extension Relay {
    /// Delivers until nothing else can move, in a run of its own: see
    /// ``RelayRun/runUntilIdle(_:report:)``.
    @discardableResult
    public func runUntilIdle(report: (RelayEvent) throws -> Void = { _ in }) throws -> PassSummary {
        try run().runUntilIdle(report: report)
    }
}
