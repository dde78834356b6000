/// One run of a ``Relay``: any number of passes, each over what its predecessors have left.
///
/// A **pass** delivers what is pending when it begins. It goes through these steps:
///
/// 1. The stores are compared, once in a run, and new subscribers begin.
/// 2. Messages that were stashed and could not be resumed are made pending again, and a delivery
///    that has ended a process is counted as failed.
/// 3. Deadlines that have passed are acted on.
/// 4. The backlog of every outbox is counted, all before the first delivery. That is the bound of
///    the pass: what handlers send meanwhile is left for the next one, so a pass always ends.
/// 5. Each outbox is delivered chunk by chunk. A chunk is one transaction for each subscribing
///    service, and one of the source that marks the messages.
///
/// The run remembers how far it has come and what has failed, so a delivery that fails is tried
/// once. What a run remembers is an optimization only: all that matters is in the stores, and a
/// process may die at any point. The next run begins from the outboxes and inboxes.
///
/// ```swift
/// let run = relay.run()
/// var summary = try run.pass()
/// while !summary.isIdle { summary = try run.pass() }
/// if run.hasFailed { … }
/// ```
///
/// A run belongs to one thread, like the stores that it works on.
public final class RelayRun {
    let relay: Relay
    var services: [Service] { relay.services }
    /// The services that are away. They stay so in this run, until ``retryFailed()``: what comes
    /// for them later must not overtake what they have missed.
    public let availability: Availability
    let parking: ParkingPolicy
    private let journal: (any DeliveryJournal)?
    /// Whether everything will be undone.
    var isRehearsal = false
    var progress = Progress()

    init(
        _ relay: Relay, _ availability: Availability, _ parking: ParkingPolicy,
        _ journal: (any DeliveryJournal)?
    ) {
        self.relay = relay
        self.availability = availability
        self.parking = parking
        self.journal = journal
    }

    /// Whether a delivery or a deadline has failed in this run and was not asked to be tried again.
    public var hasFailed: Bool { !progress.order.isEmpty || !progress.failedDeadlines.isEmpty }

    /// Whether a service is away.
    public var hasUnavailable: Bool { !availability.reasons.isEmpty }

    /// Makes the next pass try again what has failed, what was held back behind it, and who was
    /// away. The stores are compared again, too. Call it after a while, not at once: `RelayRunner`
    /// of TramRunner waits a second first, and longer each time.
    public func retryFailed() {
        progress.order = AggregateOrder()
        progress.failedDeadlines = []
        progress.cursors = [:]
        availability.reset()
        progress.identities = nil
    }

    /// Does the same if a service that was away is back; otherwise what waits for it would only be
    /// taken up again in vain. Each store that was away is asked once.
    public func retryIfAnyoneIsBack() {
        let isBack = services.contains { service in
            !availability.includes(service.name) && (try? service.store.read { _ in }) != nil
        }
        if isBack { retryFailed() }
    }

    /// What bounds a pass: which source, how many messages, and when to stop early.
    ///
    /// ```swift
    /// let summary = try run.pass(RelayRun.Bounds(source: "orders", messages: 10))
    /// ```
    public struct Bounds {
        /// Only this service's outbox is drained; all when nil. Its messages still go to every
        /// subscriber.
        public var source: String?
        /// At most so many messages are taken up, from 1; all that are pending when nil.
        public var messages: Int?
        /// Deadlines that pass within this time count as passed in the run's first pass, to the
        /// millisecond. No clock is moved: whatever is written bears the true time. For
        /// demonstrations and tests that do not want to wait.
        public var advance: Duration
        /// Asked between two chunks; when it answers true, the pass ends early, with everything
        /// before it committed.
        public var isInterrupted: () -> Bool

        /// Bounds with these values; by default none.
        public init(
            source: String? = nil, messages: Int? = nil, advance: Duration = .zero,
            isInterrupted: @escaping () -> Bool = { false }
        ) {
            self.source = source
            self.messages = messages
            self.advance = advance
            self.isInterrupted = isInterrupted
        }
    }

    /// Makes one pass: delivers what is pending when it begins and this run has not taken up yet.
    /// What handlers send meanwhile is left for the next pass.
    ///
    /// Where ``Bounds/messages`` leaves some messages out, what has never failed comes first, and
    /// then what has failed least often.
    ///
    /// - Parameters:
    ///   - bounds: by default none.
    ///   - report: told of each delivery after its commit, in the order of sources, messages and
    ///     subscribers within a chunk. Of a pass that has nothing to do only its end is told. An
    ///     error that it throws ends the pass.
    /// - Returns: what was done, and what is left.
    /// - Throws: an error of a store that does not mean that its service is away: for example
    ///   ``StoreError/rolledBack(service:detail:)``, nearly always before anything is delivered, or
    ///   ``StoreError/full(path:)``. What was committed before the error is reported, and stays.
    @discardableResult
    public func pass(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        try prepare(bounds, report)
        if let limit = bounds.messages, try mustChoose(bounds) {
            return try deliver(choose(bounds, messages: limit), bounds, report)
        }
        let drains = try plan(bounds)
        try tellUnavailable(report)
        var tally = try begin(drains, report)
        var suspected: [(source: Service, message: Message)] = []
        for (source, backlog) in drains {
            while cursor(of: source) < backlog.through, availability.includes(source.name) {
                if bounds.isInterrupted() { return try end(&tally, report, isInterrupted: true) }
                guard let chunk = try next(of: source, through: backlog.through),
                    let last = chunk.messages.last
                else { break }
                tally.messages += chunk.messages.count
                progress.cursors[source.name] = last.id.number
                if progress.suspects.contains(last.id) {
                    // Deliver all others before the message that may end the process once more.
                    suspected.append((source, last))
                    for subscriber in relay.subscribers(of: last) {
                        progress.order.holdBackSuccessors(of: last, for: subscriber)
                    }
                } else {
                    try deliver(chunk, &tally, report)
                }
            }
        }
        for (source, message) in suspected {
            for subscriber in relay.subscribers(of: message) {
                progress.order.letGoSuccessors(of: message, for: subscriber)
            }
            if let chunk = try chunk(of: source, { _ in [message] }) {
                let made = try deliver(chunk, &tally, report)
                // What has waited behind it was passed over: the next pass takes that up.
                if !made.contains(where: \.receipt.outcome.isFailure) {
                    progress.cursors[source.name] = min(cursor(of: source), message.id.number)
                }
            }
            progress.suspects.remove(message.id)
        }
        return try end(&tally, report)
    }

    /// Delivers one chunk, and reports what was committed: also that which was committed before an
    /// error.
    ///
    /// - Parameter selection: by message, the ids of the subscribers to deliver to; nil for all of
    ///   them.
    @discardableResult
    func deliver(
        _ chunk: Chunk, only selection: [Set<String>]? = nil, _ tally: inout Tally,
        _ report: (RelayEvent) throws -> Void
    ) throws -> [Delivery] {
        var delivery = ChunkDelivery(relay, chunk, only: selection, context)
        // What was committed before an error is reported as well.
        let result = Result { try delivery.deliver(&progress.order) }
        for delivery in delivery.deliveries {
            tally.count(delivery)
            try report(.delivered(delivery))
        }
        try result.get()
        try tellUnavailable(report)
        return delivery.deliveries
    }

    /// What the deliveries of the run have in common, as it is known now.
    var context: DeliveryContext {
        DeliveryContext(
            availability: availability, parking: parking, journal: isRehearsal ? nil : journal,
            knowsAllSubscribers: knowsAllSubscribers,
            incarnations: (progress.identities ?? [:]).mapValues(\.incarnation),
            beginnings: progress.beginnings,
            unconnected: unconnected)
    }

    /// Makes one delivery: of those that could be made now, the first that has never failed, or
    /// else one that has failed least often. What has failed in this run is passed over.
    ///
    /// Where ``pass(_:report:)`` delivers a message to all its subscribers at once, steps show each
    /// of them apart: for teaching, and for an operator who wants to watch.
    ///
    /// - Parameters:
    ///   - bounds: which source; a bound on messages has no effect, since only one is taken up.
    ///   - report: told as by ``pass(_:report:)``.
    /// - Returns: what was done; idle when no delivery can be made.
    /// - Throws: as ``pass(_:report:)``.
    @discardableResult
    public func step(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        try prepare(bounds, report)
        return try deliver(choose(bounds, messages: 1, deliveries: 1), bounds, report)
    }

    /// What comes before every pass: the stores are looked at, stashed messages that could not be
    /// resumed are taken back, a fatal delivery is counted, and overdue deadlines are acted on.
    /// These must come before the backlog is counted, since each of them can add to it.
    private func prepare(
        _ bounds: Bounds, _ report: (RelayEvent) throws -> Void
    ) throws {
        try lookAtStores()
        for source in try takeBackGivenBack() { progress.cursors[source] = 0 }
        if !isRehearsal, let fatal = try journal?.takeFatalDelivery(), try count(fatal) {
            progress.suspects.insert(fatal.message)
        }
        try expire(progress.hasAdvanced ? .zero : bounds.advance, report)
        progress.hasAdvanced = true
    }

    /// Compares the stores, unless this run has done so, and lets new subscribers begin. The latter
    /// is done in every pass: another version of the program may have run since the last one.
    func lookAtStores() throws {
        let compared = try progress.identities ?? compareStores()
        progress.beginnings = try beginSubscriptions()
        if progress.identities == nil {
            // A service that came back is reported again when it goes away once more.
            progress.toldUnavailable = progress.toldUnavailable.filter {
                !availability.includes($0)
            }
        }
        progress.identities = compared
    }

    /// Whether the relay knows everyone who might subscribe to an event: it connects the whole
    /// system, and no store has been told of a further service.
    var knowsAllSubscribers: Bool { relay.isWholeSystem && unconnected.isEmpty }

    /// The services that the stores have been told of and the relay does not connect.
    private var unconnected: Set<String> {
        Set((progress.identities ?? [:]).values.flatMap(\.members))
            .subtracting(services.map(\.name))
    }

    /// Reports services that were found to be away since the last report.
    func tellUnavailable(_ report: (RelayEvent) throws -> Void) throws {
        for service in services {
            guard let reason = availability.reasons[service.name],
                progress.toldUnavailable.insert(service.name).inserted
            else { continue }
            try report(.unavailable(service: service.name, reason: reason))
        }
    }

    /// The next chunk of a source's messages within the bound of the pass; nil when the source is
    /// away.
    private func next(of source: Service, through: Int) throws -> Chunk? {
        try chunk(of: source) { transaction in
            try heedDecisions(about: source, transaction)
            let messages = try Outbox(transaction).unpublished(
                after: cursor(of: source), through: through, limit: relay.chunk)
            return Array(messages.prefix(countTogether(messages.map(\.id))))
        }
    }

    /// How many of the first messages may be delivered together: those before a suspect, or the
    /// suspect alone.
    func countTogether(_ messages: [MessageID]) -> Int {
        if progress.suspects.isEmpty { return messages.count }
        guard let position = messages.firstIndex(where: progress.suspects.contains) else {
            return messages.count
        }
        return max(1, position)
    }

    /// Reads messages of a source with everything that their delivery must know, in one
    /// transaction; nil when the source is away.
    func chunk(
        of source: Service, _ messages: (any Transaction) throws -> [Message]
    ) throws -> Chunk? {
        try availability.attempt(source.store) { store in
            try store.read { transaction in
                try Chunk(
                    messages(transaction), of: source,
                    incarnation: incarnation(of: source), in: transaction)
            }
        }
    }

    /// The incarnation of a service's store; nil before the stores have been compared.
    func incarnation(of service: Service) -> String? {
        progress.identities?[service.name]?.incarnation
    }

    /// A source, and the stretch of its outbox that a pass takes up.
    private typealias Drain = (source: Service, backlog: Backlog)

    /// Reads the bound of every outbox, all before the first delivery (decision record *The pass is
    /// counted first*).
    private func plan(_ bounds: Bounds) throws -> [Drain] {
        var remaining = bounds.messages ?? .max
        var drains: [Drain] = []
        for source in services where bounds.source == nil || bounds.source == source.name {
            let backlog = try availability.attempt(source.store) { store in
                try store.read { transaction in
                    try refuseRollback(of: source, transaction)
                    try heedDecisions(about: source, transaction)
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

    /// Refuses a source that has lost messages which this run has taken up: a store may be put back
    /// while a relay is running, after the stores were compared.
    ///
    /// - Throws: ``StoreError/rolledBack(service:detail:)``.
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

    /// Goes back to the first pending message of a source when an operator has made messages
    /// pending again that this run may have passed.
    private func heedDecisions(about source: Service, _ transaction: any Transaction) throws {
        let last = try Outbox(transaction).decisions()
        if let known = progress.decisions[source.name], known != last {
            progress.cursors[source.name] = 0
        }
        progress.decisions[source.name] = last
    }

    /// Begins a pass over the given stretches of outboxes.
    private func begin(
        _ drains: [Drain], _ report: (RelayEvent) throws -> Void
    ) throws -> Tally {
        try begin(
            PassPlan(
                number: progress.passes + 1,
                messages: drains.reduce(0) { $0 + $1.backlog.count },
                lastMessages: drains.map { source, backlog in
                    MessageID(service: source.name, number: backlog.through)
                }, types: drains.reduce(into: []) { $0.formUnion($1.backlog.types) }), report)
    }

    /// Begins a pass: one without messages is neither counted nor reported.
    func begin(
        _ plan: PassPlan, _ report: (RelayEvent) throws -> Void
    ) throws -> Tally {
        if plan.messages > 0 {
            progress.passes += 1
            try report(.began(plan))
        }
        return Tally(plan: plan)
    }

    /// Ends a pass: counts what is left, and reports the summary.
    func end(
        _ tally: inout Tally, _ report: (RelayEvent) throws -> Void, isInterrupted: Bool = false
    ) throws -> PassSummary {
        let (pending, parked) = try relay.undelivered(availability)
        try tellUnavailable(report)
        let summary = tally.summary(
            pending: pending, parked: parked, isInterrupted: isInterrupted,
            unavailable: services.map(\.name).filter { !availability.includes($0) })
        try report(.ended(summary))
        return summary
    }

    /// The number of the last message of a source that this run has taken up; 0 at the beginning.
    private func cursor(of source: Service) -> Int {
        progress.cursors[source.name] ?? 0
    }
}
