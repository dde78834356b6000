/// One invocation of a ``Relay``: any number of passes, each over what its predecessors have left.
public final class RelayRun {
    let relay: Relay
    var services: [Service] { relay.services }
    /// The services that are away. They stay so in this run, until ``retryFailed()``: what comes for
    /// them later must not overtake what they have missed.
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

    /// Whether something has failed in this run and was not asked to be tried again.
    public var hasFailed: Bool { !progress.order.isEmpty || !progress.failedDeadlines.isEmpty }

    /// Whether a service is away.
    public var hasUnavailable: Bool { !availability.reasons.isEmpty }

    /// Makes the next pass try again what has failed and who was away, and what was held back behind
    /// it.
    public func retryFailed() {
        progress.order = AggregateOrder()
        progress.failedDeadlines = []
        progress.cursors = [:]
        availability.reset()
        progress.identities = nil
    }

    /// Does the same if a service that was away is back; otherwise what waits for it would only be
    /// taken up again in vain.
    public func retryIfAnyoneIsBack() {
        let isBack = services.contains { service in
            !availability.includes(service.name) && (try? service.store.read { _ in }) != nil
        }
        if isBack { retryFailed() }
    }

    /// What bounds a pass.
    public struct Bounds {
        /// Only this service's outbox, or all when nil.
        public var source: String?
        /// At most so many messages, or all when nil.
        public var messages: Int?
        /// Deadlines that pass within this time count as passed in the run's first pass. Nothing else
        /// is moved: whatever is written then bears the true time.
        public var advance: Duration
        /// Asked between two transactions; the pass ends early when it answers true.
        public var isInterrupted: () -> Bool

        /// These bounds; by default none.
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

    /// Makes one pass: delivers what is pending at its beginning and this run has not taken up yet.
    /// What handlers send meanwhile is left for the next pass.
    ///
    /// Where not all messages are taken up, what has never failed comes first, and then what has failed
    /// least often.
    ///
    /// - Parameter report: told of each delivery, after its commit, in the order of sources, messages
    ///   and subscribers. Of a pass that has nothing to do only its end is told.
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
                    // All others come before what may end the process once more.
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
                try deliver(chunk, &tally, report)
            }
            progress.suspects.remove(message.id)
        }
        return try end(&tally, report)
    }

    @discardableResult
    func deliver(
        _ chunk: Chunk, only selection: [Set<String>]? = nil, _ tally: inout Tally,
        _ report: (RelayEvent) throws -> Void
    ) throws -> [Delivery] {
        var delivery = ChunkDelivery(relay, chunk, only: selection, context)
        // What was committed before an error is told, too.
        let result = Result { try delivery.deliver(&progress.order) }
        for delivery in delivery.deliveries {
            tally.count(delivery)
            try report(.delivered(delivery))
        }
        try result.get()
        try tellUnavailable(report)
        return delivery.deliveries
    }

    var context: DeliveryContext {
        DeliveryContext(
            availability: availability, parking: parking, journal: isRehearsal ? nil : journal,
            knowsAllSubscribers: knowsAllSubscribers,
            incarnations: (progress.identities ?? [:]).mapValues(\.incarnation),
            beginnings: progress.beginnings,
            unconnected: unconnected)
    }

    /// Makes one delivery: of those that would run now, the first that has never failed, or else one
    /// that has failed least often. What has been delivered already, or has failed in this run, is
    /// passed over.
    @discardableResult
    public func step(
        _ bounds: Bounds = Bounds(), report: (RelayEvent) throws -> Void = { _ in }
    ) throws -> PassSummary {
        try prepare(bounds, report)
        return try deliver(choose(bounds, messages: 1, deliveries: 1), bounds, report)
    }

    /// What comes before every pass: a look at the stores, and what was waited for too long is given up.
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

    /// Compares the stores, unless that was done before, and lets new subscribers begin: another version
    /// of the program may have run since the last pass.
    func lookAtStores() throws {
        let compared = try progress.identities ?? compareStores()
        progress.beginnings = try beginSubscriptions()
        if progress.identities == nil {
            // Whoever is back may go again.
            progress.toldUnavailable = progress.toldUnavailable.filter {
                !availability.includes($0)
            }
        }
        progress.identities = compared
    }

    /// Whether the relay knows everyone who might subscribe to an event: also those services that the
    /// stores have been told of.
    var knowsAllSubscribers: Bool { relay.isWholeSystem && unconnected.isEmpty }

    /// The services that the stores have been told of and the relay does not connect.
    private var unconnected: Set<String> {
        Set((progress.identities ?? [:]).values.flatMap(\.members))
            .subtracting(services.map(\.name))
    }

    func tellUnavailable(_ report: (RelayEvent) throws -> Void) throws {
        for service in services {
            guard let reason = availability.reasons[service.name],
                progress.toldUnavailable.insert(service.name).inserted
            else { continue }
            try report(.unavailable(service: service.name, reason: reason))
        }
    }

    /// The next chunk of a source's messages; nil when the source is away.
    private func next(of source: Service, through: Int) throws -> Chunk? {
        try chunk(of: source) { transaction in
            try heedDecisions(about: source, transaction)
            let messages = try Outbox(transaction).unpublished(
                after: cursor(of: source), through: through, limit: relay.chunk)
            return Array(messages.prefix(countTogether(messages.map(\.id))))
        }
    }

    /// How many of the first messages may be delivered together.
    func countTogether(_ messages: [MessageID]) -> Int {
        if progress.suspects.isEmpty { return messages.count }
        guard let position = messages.firstIndex(where: progress.suspects.contains) else {
            return messages.count
        }
        return max(1, position)
    }

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

    /// What is known of the incarnation of a service's store.
    func incarnation(of service: Service) -> String? {
        progress.identities?[service.name]?.incarnation
    }

    private typealias Drain = (source: Service, backlog: Backlog)

    /// Reads every outbox's bound, all before the first delivery.
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

    /// Goes back to the first pending message when an operator has made messages pending again that
    /// this run has passed.
    private func heedDecisions(about source: Service, _ transaction: any Transaction) throws {
        let last = try Outbox(transaction).decisions()
        if let known = progress.decisions[source.name], known != last {
            progress.cursors[source.name] = 0
        }
        progress.decisions[source.name] = last
    }

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

    func begin(
        _ plan: PassPlan, _ report: (RelayEvent) throws -> Void
    ) throws -> Tally {
        if plan.messages > 0 {
            progress.passes += 1
            try report(.began(plan))
        }
        return Tally(plan: plan)
    }

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

    private func cursor(of source: Service) -> Int {
        progress.cursors[source.name] ?? 0
    }
}
