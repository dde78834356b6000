/// One invocation of a ``Relay``: any number of passes, each over what its predecessors have left.
public final class RelayRun {
    private let relay: Relay
    private var order = AggregateOrder()
    /// By source: the number of the last message that this run has taken up.
    private var cursors: [String: Int] = [:]
    /// What was waited for too long, and could not be done without.
    private var failedDeadlines: Set<AwaitedMessage> = []
    private var passes = 0
    /// Whether ``Bounds/advance`` has had its effect.
    private var hasAdvanced = false

    init(_ relay: Relay) {
        self.relay = relay
    }

    /// Whether something has failed in this run and was not asked to be tried again.
    public var hasFailed: Bool { !order.isEmpty || !failedDeadlines.isEmpty }

    /// Makes the next pass try again what has failed, and what was held back behind it.
    public func retryFailed() {
        order = AggregateOrder()
        failedDeadlines = []
        cursors = [:]
    }

    /// What bounds a pass.
    public struct Bounds {
        /// Only this service's outbox, or all when nil.
        public var source: String?
        /// At most so many messages, or all when nil.
        public var messages: Int?
        /// Deadlines of so many more milliseconds count as passed in the run's first pass. Nothing else
        /// is moved: whatever is written then bears the true time.
        public var advance: Int
        /// Asked between two transactions; the pass ends early when it answers true.
        public var isInterrupted: () -> Bool

        public init(
            source: String? = nil, messages: Int? = nil, advance: Int = 0,
            isInterrupted: @escaping () -> Bool = { false }
        ) {
            self.source = source
            self.messages = messages
            self.advance = advance
            self.isInterrupted = isInterrupted
        }
    }

    /// Makes one pass: delivers what is pending at its beginning and this run has not taken up yet.
    /// What handlers send meanwhile is left for the next pass.
    ///
    /// - Parameter report: told of each delivery, after its commit, in the order of sources, messages
    ///   and subscribers. Of a pass that has nothing to do only its end is told.
    @discardableResult
    public func pass(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        try expire(bounds, report)
        let drains = try plan(bounds)
        var tally = try begin(drains, report)
        for (source, backlog) in drains {
            while cursor(of: source) < backlog.through {
                if bounds.isInterrupted() { return try end(&tally, report, isInterrupted: true) }
                let messages = try source.store.read {
                    try Outbox($0).unpublished(
                        after: cursor(of: source), through: backlog.through, limit: relay.chunk)
                }
                guard let last = messages.last else { break }
                tally.messages += messages.count
                try relay.deliver(messages, from: source, order: &order) { delivery in
                    tally.count(delivery)
                    try report(.delivered(delivery))
                }
                cursors[source.name] = last.id.number
            }
        }
        return try end(&tally, report)
    }

    /// Makes one delivery: the first of the pass that would run now. Deliveries that have been made
    /// already, or have failed in this run, are passed over.
    @discardableResult
    public func step(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        try expire(bounds, report)
        var drains = try plan(bounds)
        guard let possible = try firstPossibleDelivery(in: drains) else {
            drains = []
            var tally = try begin(drains, report)
            return try end(&tally, report)
        }
        drains = drains.filter { $0.source.name == possible.source.name }
        let single = Backlog(
            count: 1, through: possible.message.id.number,
            longestType: possible.message.type.count)
        var tally = try begin([(possible.source, single)], report)
        let delivery = try relay.deliver(possible)
        if !delivery.receipt.outcome.isDone {
            order.holdBackSuccessors(of: possible.message, for: possible.subscriber)
        }
        tally.messages = 1
        tally.count(delivery)
        try report(.delivered(delivery))
        return try end(&tally, report)
    }

    private func expire(
        _ bounds: Bounds, _ report: (RelayEvent) throws -> Void
    ) throws {
        let advance = hasAdvanced ? 0 : bounds.advance
        try relay.expire(except: failedDeadlines, advance: advance) { awaited, expiry in
            if expiry.isFailed { failedDeadlines.insert(awaited) }
            try report(.expired(expiry))
        }
        hasAdvanced = true
    }

    private typealias Drain = (source: Service, backlog: Backlog)

    /// Reads every outbox's bound, all before the first delivery.
    private func plan(_ bounds: Bounds) throws -> [Drain] {
        var remaining = bounds.messages ?? .max
        var drains: [Drain] = []
        for source in relay.services where bounds.source == nil || bounds.source == source.name {
            let backlog = try source.store.read {
                try Outbox($0).backlog(after: cursor(of: source), limit: remaining)
            }
            remaining -= backlog.count
            if backlog.count > 0 { drains.append((source, backlog)) }
        }
        return drains
    }

    private func firstPossibleDelivery(in drains: [Drain]) throws -> PossibleDelivery? {
        // What has failed in this run is not tried again in it.
        var order = order
        for (source, backlog) in drains {
            var after = 0
            while after < backlog.through {
                let messages = try source.store.read {
                    try Outbox($0).unpublished(
                        after: after, through: backlog.through, limit: relay.chunk)
                }
                for message in messages {
                    let possible = try relay.possibleDeliveries(
                        of: message, from: source, order: &order)
                    if let first = possible.first { return first }
                    try relay.markPublishedIfDone(message, from: source)
                }
                guard let last = messages.last else { break }
                after = last.id.number
            }
        }
        return nil
    }

    private func begin(_ drains: [Drain], _ report: (RelayEvent) throws -> Void) throws -> Tally {
        let messages = drains.reduce(0) { $0 + $1.backlog.count }
        let plan = PassPlan(
            number: passes + 1,
            messages: messages,
            longestID: drains.map { source, backlog in
                MessageID(service: source.name, number: backlog.through).description.count
            }.max() ?? 0,
            longestType: drains.map(\.backlog.longestType).max() ?? 0)
        if messages > 0 {
            passes += 1
            try report(.began(plan))
        }
        return Tally(plan: plan)
    }

    private func end(
        _ tally: inout Tally, _ report: (RelayEvent) throws -> Void, isInterrupted: Bool = false
    ) throws -> PassSummary {
        let summary = tally.summary(
            pending: try relay.pendingCount(), isInterrupted: isInterrupted)
        try report(.ended(summary))
        return summary
    }

    private func cursor(of source: Service) -> Int {
        cursors[source.name] ?? 0
    }
}
