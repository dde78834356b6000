/// One invocation of a ``Relay``: any number of passes, each over what its predecessors have left.
public final class RelayRun {
    private let relay: Relay
    private var order = AggregateOrder()
    /// By source: the number of the last message that this run has taken up.
    private var cursors: [String: Int] = [:]
    /// What was waited for too long, and could not be done without.
    private var failedDeadlines: Set<AwaitedMessage> = []
    private var passes = 0
    /// The services that are away. They stay so in this run, until ``retryFailed()``: what comes for
    /// them later must not overtake what they have missed.
    public let availability: Availability
    /// Those of whom it has been told.
    private var toldUnavailable: Set<String> = []
    /// What the stores are, once they have been compared.
    private var identities: [String: StoreIdentity]?
    /// Whether ``Bounds/advance`` has had its effect.
    private var hasAdvanced = false

    init(_ relay: Relay, _ availability: Availability) {
        self.relay = relay
        self.availability = availability
    }

    /// Whether something has failed in this run and was not asked to be tried again.
    public var hasFailed: Bool { !order.isEmpty || !failedDeadlines.isEmpty }

    /// Whether a service is away.
    public var hasUnavailable: Bool { !availability.reasons.isEmpty }

    /// Makes the next pass try again what has failed and who was away, and what was held back behind
    /// it.
    public func retryFailed() {
        order = AggregateOrder()
        failedDeadlines = []
        cursors = [:]
        availability.reset()
        identities = nil
    }

    /// Does the same if a service that was away is back; otherwise what waits for it would only be
    /// taken up again in vain.
    public func retryIfAnyoneIsBack() {
        let isBack = relay.services.contains { service in
            !availability.includes(service.name) && (try? service.store.read { _ in }) != nil
        }
        if isBack { retryFailed() }
    }

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all.
    public func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        try relay.rehearse(availability, body)
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
        try prepare(bounds, report)
        let drains = try plan(bounds)
        try tellUnavailable(report)
        var tally = try begin(drains, report)
        for (source, backlog) in drains {
            while cursor(of: source) < backlog.through, availability.includes(source.name) {
                if bounds.isInterrupted() { return try end(&tally, report, isInterrupted: true) }
                guard let (messages, state) = try next(of: source, through: backlog.through),
                    let last = messages.last
                else { break }
                tally.messages += messages.count
                try deliver(messages, from: source, state, &tally, report)
                cursors[source.name] = last.id.number
            }
        }
        return try end(&tally, report)
    }

    private func deliver(
        _ messages: [Message], from source: Service, _ state: SourceState, _ tally: inout Tally,
        _ report: (RelayEvent) throws -> Void
    ) throws {
        var chunk = ChunkDelivery(
            relay: relay, source: source, state: state, messages: messages,
            availability: availability, knowsAllSubscribers: knowsAllSubscribers,
            incarnations: (identities ?? [:]).mapValues(\.incarnation))
        // What was committed before an error is told, too.
        let result = Result { try chunk.deliver(&order) }
        for delivery in chunk.deliveries.joined() {
            tally.count(delivery)
            try report(.delivered(delivery))
        }
        try result.get()
        try tellUnavailable(report)
    }

    /// Makes one delivery: the first of the pass that would run now. Deliveries that have been made
    /// already, or have failed in this run, are passed over.
    @discardableResult
    public func step(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        try prepare(bounds, report)
        let drains = try plan(bounds)
        let first = try firstDelivery(in: drains)
        try tellUnavailable(report)
        guard let (message, possible) = first,
            let source = drains.first(where: { $0.source.name == message.id.service })?.source
        else {
            var tally = try begin([], report)
            return try end(&tally, report)
        }
        let single = Backlog(
            count: 1, through: message.id.number, longestType: message.type.count)
        var tally = try begin([(source, single)], report)
        tally.messages = 1
        if let possible {
            guard let delivery = try relay.deliver(possible, availability) else {
                tally.messages = 0
                return try end(&tally, report)
            }
            if !delivery.receipt.outcome.isDone {
                order.holdBackSuccessors(of: possible.message, for: possible.subscriber)
            }
            tally.count(delivery)
            try report(.delivered(delivery))
        } else if let state = try availability.attempt(
            source.store, { try $0.read(SourceState.init) })
        {
            try deliver([message], from: source, state, &tally, report)
        }
        return try end(&tally, report)
    }

    /// What comes before every pass: the stores are compared, unless they were before, and what was
    /// waited for too long is given up.
    private func prepare(
        _ bounds: Bounds, _ report: (RelayEvent) throws -> Void
    ) throws {
        if identities == nil {
            identities = try relay.compareStores(availability)
            // Whoever is back may go again.
            toldUnavailable = toldUnavailable.filter { !availability.includes($0) }
        }
        let advance = hasAdvanced ? 0 : bounds.advance
        try relay.expire(except: failedDeadlines, advance: advance, availability) {
            awaited, expiry in
            if expiry.isFailed { failedDeadlines.insert(awaited) }
            try report(.expired(expiry))
        }
        hasAdvanced = true
    }

    /// Whether the relay knows everyone who might subscribe to an event: also those services that the
    /// stores have been told of.
    private var knowsAllSubscribers: Bool {
        let members = Set((identities ?? [:]).values.flatMap(\.members))
        return relay.isWholeSystem && members.isSubset(of: relay.services.map(\.name))
    }

    private func tellUnavailable(_ report: (RelayEvent) throws -> Void) throws {
        for service in relay.services {
            guard let reason = availability.reasons[service.name],
                toldUnavailable.insert(service.name).inserted
            else { continue }
            try report(.unavailable(service: service.name, reason: reason))
        }
    }

    /// The next chunk of a source's messages; nil when the source is away.
    private func next(
        of source: Service, through: Int
    ) throws -> (messages: [Message], state: SourceState)? {
        try availability.attempt(source.store) { store in
            try store.read { transaction in
                let messages = try Outbox(transaction).unpublished(
                    after: cursor(of: source), through: through, limit: relay.chunk)
                guard let incarnation = identities?[source.name]?.incarnation else {
                    return (messages, try SourceState(transaction))
                }
                return (messages, try SourceState(transaction, incarnation: incarnation))
            }
        }
    }

    private typealias Drain = (source: Service, backlog: Backlog)

    /// Reads every outbox's bound, all before the first delivery.
    private func plan(_ bounds: Bounds) throws -> [Drain] {
        var remaining = bounds.messages ?? .max
        var drains: [Drain] = []
        for source in relay.services where bounds.source == nil || bounds.source == source.name {
            let backlog = try availability.attempt(source.store) { store in
                try store.read { transaction in
                    try refuseRollback(of: source, transaction)
                    return try Outbox(transaction).backlog(
                        after: cursor(of: source), limit: remaining)
                }
            }
            guard let backlog, backlog.count > 0 else { continue }
            remaining -= backlog.count
            drains.append((source, backlog))
        }
        return drains
    }

    /// - Throws: when the source's store is older than what this run has seen of it.
    private func refuseRollback(of source: Service, _ transaction: any Transaction) throws {
        let last = cursor(of: source)
        if last == 0 { return }
        let highest = try transaction.counters()["message"] ?? 0
        guard highest < last else { return }
        throw StoreError.rolledBack(
            service: source.name,
            detail: "its last message has number \(highest), and this relay has seen "
                + "\(MessageID(service: source.name, number: last))")
    }

    /// The first delivery that can be made, or the first message that nobody receives.
    private func firstDelivery(
        in drains: [Drain]
    ) throws -> (message: Message, delivery: PossibleDelivery?)? {
        // What has failed in this run is not tried again in it.
        var order = order
        for (source, backlog) in drains {
            var after = 0
            while after < backlog.through {
                let messages = try availability.attempt(source.store) {
                    try $0.read {
                        try Outbox($0).unpublished(
                            after: after, through: backlog.through, limit: relay.chunk)
                    }
                }
                for message in messages ?? [] {
                    let possible = try relay.possibleDeliveries(
                        of: message, from: source, order: &order, availability)
                    if let first = possible.first { return (message, first) }
                    if !relay.hasReceiver(message), !order.holds(message, for: nil),
                        !message.isEvent || message.defect != nil || knowsAllSubscribers
                    {
                        return (message, nil)
                    }
                    if !hasUnavailable { try relay.markPublishedIfDone(message, from: source) }
                }
                guard let last = messages?.last else { break }
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
        let pending = try relay.pendingCount(availability)
        try tellUnavailable(report)
        let summary = tally.summary(
            pending: pending, isInterrupted: isInterrupted,
            unavailable: relay.services.map(\.name).filter { !availability.includes($0) })
        try report(.ended(summary))
        return summary
    }

    private func cursor(of source: Service) -> Int {
        cursors[source.name] ?? 0
    }
}
