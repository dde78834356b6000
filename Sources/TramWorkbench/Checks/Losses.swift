public import Tram

/// What is known to be lost since older copies of stores were put back, since views were rebuilt from
/// outboxes that had been purged, and because operators have decided that deliveries are not made, or are
/// made with other content. What follows from it is a consequence, and no violation: see
/// ``Finding/isConsequence``.
///
/// These are the facts, by store, message, saga and aggregate. What may follow from them for its own rows,
/// an application knows.
public struct Losses: Sendable {
    /// By store: when it was accepted as an older copy of itself for the last time.
    private var accepted: [String: Timestamp] = [:]
    /// By store: all its acceptances.
    private var acceptances: [String: [StoreAcceptance]] = [:]
    /// When aggregates were created, as far as their stores' outboxes still tell.
    private var created: [Aggregate: Timestamp] = [:]
    /// When messages were sent, as far as their outboxes still tell.
    private var sent: [MessageID: Timestamp] = [:]
    /// By the store of a view: by source, the highest number of a message that it was not told of.
    private var gaps: [String: [String: Int]] = [:]
    /// What operators have decided about deliveries.
    public private(set) var deliveries: [DecidedDelivery] = []
    private var discarded: Set<Delivery> = []
    private var decided: Set<MessageID> = []
    /// What operators have decided about sagas, by store.
    public private(set) var sagas: [String: [SagaDecisionRecord]] = [:]
    /// The aggregates whose number a lost one may have had.
    public private(set) var reused: Set<ReusedAggregate> = []

    /// What events are about.
    public struct Aggregate: Hashable, Sendable {
        /// The channel of its events.
        public let channel: String
        /// Its id, as its events have it.
        public let id: String

        /// The aggregate that is called so in events.
        public init(channel: String, id: String) {
            self.channel = channel
            self.id = id
        }
    }

    private struct Delivery: Hashable {
        let message: MessageID
        let subscriber: String
    }

    /// Nothing is lost, and nothing was decided.
    public init() {}

    /// Reads the facts.
    init(_ views: [any Transaction], of application: any Application) throws {
        for view in views {
            let own = try Identities(view).acceptances()
            acceptances[view.storeName] = own
            accepted[view.storeName] = own.map(\.accepted).max()
            reused.formUnion(own.flatMap(\.reused))
            if try Sagas.hasTables(view) { sagas[view.storeName] = try Sagas.decisions(in: view) }
            deliveries += try DecidedDelivery.all(in: view)
        }
        decided = Set(deliveries.map(\.message))
        discarded = Set(
            deliveries.filter(\.isDiscarded).map {
                Delivery(message: $0.message, subscriber: $0.subscriber)
            })
        let definitions = type(of: application).definitions
        for view in views {
            let rebuilding = definitions.first { $0.name == view.storeName }?.rebuilding
            gaps[view.storeName] = try rebuilding?.gaps(view)
        }
        if accepted.isEmpty && gaps.values.allSatisfy(\.isEmpty) { return }
        let firstEvents = Set(definitions.flatMap(\.firstEvents))
        for view in views { try readTimes(view, firstEvents) }
    }

    private mutating func readTimes(_ view: any Transaction, _ firstEvents: Set<String>) throws {
        let rows = try view.rows(
            "SELECT id, type, destination, partition_id, creation_time FROM message")
        for row in rows {
            let (number, type, channel, partition, milliseconds):
                (Int, String, String, String, Int) = try row.values()
            let time = Timestamp(milliseconds: Int64(milliseconds))
            sent[MessageID(service: view.storeName, number: number)] = time
            if firstEvents.contains(type) {
                created[Aggregate(channel: channel, id: partition)] = time
            }
        }
    }

    // MARK: Rows and aggregates

    /// Whether a row had this number, and is gone since an older copy of the store was put back.
    public func isLost(_ number: Int, of table: String, in store: String) -> Bool {
        (acceptances[store] ?? []).contains {
            number > $0.before[table] ?? 0 && number <= $0.after[table] ?? 0
        }
    }

    /// Whether an aggregate may have the number of a lost one.
    public func isReused(_ aggregate: Aggregate) -> Bool {
        reused.contains { $0.channel == aggregate.channel && $0.id == aggregate.id }
    }

    /// Whether one of these stores was put back as an older copy since an aggregate was created: what was
    /// told about it may have been lost. What was created after that has lost nothing.
    public func mayLack(_ aggregate: Aggregate, in stores: [String]) -> Bool {
        stores.contains { store in
            guard let accepted = accepted[store] else { return false }
            return created[aggregate].map { $0 <= accepted } ?? true
        }
    }

    /// Whether a rebuilt view was not told of an aggregate's creation, because its event had been purged.
    ///
    /// - Parameters:
    ///   - source: the service whose aggregate it is.
    ///   - view: the service with the view.
    public func isBeforeView(_ aggregate: Aggregate, of source: String, at view: String) -> Bool {
        gaps[view]?[source] != nil && created[aggregate] == nil
    }

    // MARK: Messages

    /// Whether a subscriber need not have handled a message: an operator has discarded the delivery, or the
    /// subscriber's store was put back as an older copy since it should have handled it.
    public func excuse(
        _ message: MessageID, notHandledBy subscriber: String, in store: String
    ) -> Bool {
        if discarded.contains(Delivery(message: message, subscriber: subscriber)) { return true }
        guard let accepted = accepted[store] else { return false }
        return sent[message].map { $0 <= accepted } ?? true
    }

    /// Whether an operator has decided about deliveries of a message, and so knows how it is.
    public func isKnownToOperators(_ message: MessageID) -> Bool {
        decided.contains(message)
    }

    // MARK: Sagas

    /// Whether a saga may not have heard of an answer, or a participant of a command: it was decided about
    /// them, or a store was put back as an older copy since the saga was started.
    ///
    /// - Parameters:
    ///   - started: when; nil when it is not known.
    ///   - channels: those of its commands and of their replies.
    ///   - stores: those of the service that runs it and of its participants.
    func mayHaveStopped(
        _ saga: SagaReference, started: Timestamp?, channels: Set<String>, stores: Set<String>
    ) -> Bool {
        accepted.contains { store, time in
            stores.contains(store) && started.map { $0 <= time } ?? true
        }
            || deliveries.contains {
                channels.contains($0.channel) && $0.partitionID == saga.id
            }
    }

    /// Whether an operator has decided about a saga otherwise than its definition would have: a step was
    /// skipped, or the saga rolled back or given up.
    public func isDecided(_ saga: SagaReference) -> Bool {
        sagas.values.joined().contains { record in
            record.saga == saga
                && [.skip, .rollback, .abandon].contains(record.decision)
        }
    }
}
