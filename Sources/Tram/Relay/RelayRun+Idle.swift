extension RelayRun {
    /// Makes passes until nothing else can move: what handlers send is delivered in the next pass.
    /// What fails is tried once, as in every run.
    ///
    /// It ends when a pass finds nothing to do. Two handlers that answer each other for ever would
    /// keep it going; ``Bounds/isInterrupted`` can end it.
    ///
    /// - Parameters:
    ///   - bounds: apply to each pass, so a bound on messages does not bound the whole.
    ///   - report: told of every event of every pass: see ``RelayEvent``.
    /// - Returns: the last pass: an idle one, or one that was interrupted.
    /// - Throws: as ``pass(_:report:)``; what was delivered before stays.
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
    /// Delivers until nothing else can move, in a run of its own: the shortest way to drive a
    /// relay, in tests and examples. See ``RelayRun/runUntilIdle(_:report:)``.
    ///
    /// ```swift
    /// try orders.write { try $0.publish(OrderCreated(total: 400), about: 1) }
    /// try relay.runUntilIdle()
    /// ```
    @discardableResult
    public func runUntilIdle(report: (RelayEvent) throws -> Void = { _ in }) throws -> PassSummary {
        try run().runUntilIdle(report: report)
    }
}
