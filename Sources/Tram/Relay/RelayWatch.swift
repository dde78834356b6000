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

    /// - Parameter deadlineInterval: in milliseconds.
    package init(_ run: RelayRun, deadlineInterval: Int64) {
        self.run = run
        self.deadlineInterval = deadlineInterval
    }

    /// Takes a turn if there may be something to do.
    ///
    /// - Parameter turn: makes passes, and returns whether nothing is left to deliver.
    package mutating func look(now: Int64, turn: () throws -> Bool) throws -> Look {
        let versions = run.relay.services.map { service -> Int? in
            try? (service.store as? any SharedStore)?.dataVersion()
        }
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

    /// Makes the next look take a turn.
    package mutating func lookAgain() {
        drained = nil
    }
}
