/// Decides when a relay that goes on for good takes its next turn: when something was committed, when a
/// deadline may have passed, and when what has failed is to be tried again. It has no clock: whoever
/// drives it tells the time, in milliseconds of any clock that does not go back.
package struct RelayWatch {
    private let run: RelayRun
    /// How often to look for deadlines, which no commit announces.
    private let deadlineInterval: Int64
    private var failures = RetryDelay()
    private var absences = RetryDelay.ofAbsences
    /// What the stores' versions were before the last turn that left nothing; nil for one that is away.
    private var drained: [Int?]?
    private var lookForDeadlinesAt: Int64 = .min

    /// What came of a look.
    package enum Look: Hashable, Sendable {
        /// Nothing was to be done.
        case nothingNew
        /// The turn has left nothing.
        case drained
        /// The turn ended early, or something is to be tried again now.
        case more
    }

    /// - Parameter deadlineInterval: in milliseconds; with none, every look takes a turn.
    package init(_ run: RelayRun, deadlineInterval: Int64) {
        self.run = run
        self.deadlineInterval = deadlineInterval
    }

    /// Takes a turn if there may be something to do.
    ///
    /// - Parameter turn: makes passes, and returns whether nothing is left to deliver.
    package mutating func look(now: Int64, turn: () throws -> Bool) throws -> Look {
        let versions = versions()
        guard versions != drained || now >= lookForDeadlinesAt else { return .nothingNew }
        // Should the turn throw, the next look takes another.
        drained = nil
        let isIdle = try turn()
        lookForDeadlinesAt = now + deadlineInterval
        var isRetry = false
        if absences.isDue(hasFailed: run.hasUnavailable, now: now) {
            run.retryIfAnyoneIsBack()
            isRetry = true
        }
        if failures.isDue(hasFailed: run.hasFailed, now: now) {
            run.retryFailed()
            isRetry = true
        }
        guard isIdle, !isRetry else { return .more }
        drained = versions
        return .drained
    }

    private func versions() -> [Int?] {
        // Where every look takes a turn, they say nothing.
        if deadlineInterval == 0 { return [] }
        return run.relay.services.map { service in
            // Who is away is looked for by the run, and less often.
            guard run.availability.includes(service.name) else { return nil }
            return try? (service.store as? any SharedStore)?.dataVersion()
        }
    }

    /// Makes the next look take a turn.
    package mutating func lookAgain() {
        drained = nil
    }
}
