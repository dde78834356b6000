/// Decides when a relay that goes on for good takes its next turn: when something was committed,
/// when a deadline may have passed, and when what has failed is to be tried again.
///
/// It asks each store for its data version, a number that changes with every commit of another
/// user. That costs no transaction, so a watch can look many times a second while nothing happens.
/// A turn is taken only when a version has changed, or the interval for deadlines is over; retries
/// are looked for after a turn, so they are as late as that interval. The versions are read before
/// the turn: a commit that comes during it is found by the next look, and none is lost.
///
/// It has no clock. Whoever drives it tells the time, in milliseconds of any clock that does not go
/// back, and so tests need not wait.
package struct RelayWatch {
    private let run: RelayRun
    /// How often to look for deadlines, which no commit announces; in milliseconds.
    private let deadlineInterval: Int64
    private var failures = RetryDelay()
    private var absences = RetryDelay.ofAbsences
    /// The data versions before the last turn that left nothing to do; an entry is nil for a
    /// service that is away. The whole is nil when the next look must take a turn.
    private var drained: [Int?]?
    private var lookForDeadlinesAt: Int64 = .min

    /// What came of a look.
    package enum Look: Hashable, Sendable {
        /// No turn was taken: nothing has been committed, and no deadline can have passed.
        case nothingNew
        /// A turn was taken, and has left nothing to deliver.
        case drained
        /// The turn ended early, or something is to be tried again now: look again soon.
        case more
    }

    /// A watch over a run's stores.
    ///
    /// - Parameters:
    ///   - run: the run whose passes the turns make.
    ///   - deadlineInterval: in milliseconds; with 0, every look takes a turn.
    package init(_ run: RelayRun, deadlineInterval: Int64) {
        self.run = run
        self.deadlineInterval = deadlineInterval
    }

    /// Takes a turn if there may be something to do.
    ///
    /// - Parameters:
    ///   - now: the time in milliseconds; never less than at an earlier call.
    ///   - turn: makes passes, and returns whether nothing is left to deliver.
    /// - Throws: what `turn` throws; the next look then takes another turn.
    package mutating func look(now: Int64, turn: () throws -> Bool) throws -> Look {
        let versions = versions()
        guard versions != drained || now >= lookForDeadlinesAt else { return .nothingNew }
        // If the turn throws, the next look takes another one.
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

    /// The data versions of all stores. A service that is away has none: the run looks for it, and
    /// less often. Nor has a store that is no ``SharedStore``; its commits are only noticed with
    /// the deadlines.
    private func versions() -> [Int?] {
        // Every look takes a turn, so the versions are not needed.
        if deadlineInterval == 0 { return [] }
        return run.relay.services.map { service in
            // The run itself looks for a service that is away, once a second.
            guard run.availability.includes(service.name) else { return nil }
            return try? (service.store as? any SharedStore)?.dataVersion()
        }
    }

    /// Makes the next look take a turn: for a caller who knows of a commit of its own.
    package mutating func lookAgain() {
        drained = nil
    }
}
