internal import Contracts
internal import OrderHistory
internal import Orders
internal import Tram

/// What is known to be lost since older copies of stores were put back, since the view was rebuilt from
/// outboxes that had been purged, and because operators have decided that deliveries are not made, or
/// are made with other content. What follows from it is told, and is no violation.
struct Losses {
    /// By service: when its store was accepted last.
    private var accepted: [String: Timestamp] = [:]
    /// By service: the acceptances of its store.
    private var acceptances: [String: [StoreAcceptance]] = [:]
    /// By aggregate: when it was created, as far as its outbox still tells.
    private var created: [Aggregate: Timestamp] = [:]
    /// When messages were sent, as far as their outboxes still tell.
    private var sent: [MessageID: Timestamp] = [:]
    private var gaps: [String: Int] = [:]
    private var decisions = OperatorDecisions()
    /// The aggregates whose number a lost one has had.
    private(set) var reused: Set<ReusedAggregate> = []

    private struct Aggregate: Hashable {
        let type: String
        let id: Int
    }

    /// Nothing is lost.
    init() {}

    /// Reads the facts.
    ///
    /// - Parameter views: in the order customers, orders, history.
    init(_ views: [any Transaction]) throws {
        for view in views {
            let own = try Identities(view).acceptances()
            acceptances[view.storeName] = own
            accepted[view.storeName] = own.map(\.accepted).max()
            reused.formUnion(own.flatMap(\.reused))
        }
        decisions = try OperatorDecisions(views)
        gaps = try OrderHistoryService.gaps(in: views[2])
        if accepted.isEmpty && gaps.isEmpty { return }
        let beginnings = [CustomerCreated.eventType, OrderCreated.eventType]
        for view in views {
            let rows = try view.rows(
                "SELECT id, type, destination, partition_id, creation_time FROM message")
            for row in rows {
                let (number, type, channel, partition, milliseconds):
                    (Int, String, String, String, Int) = try row.values()
                let time = Timestamp(milliseconds: Int64(milliseconds))
                sent[MessageID(service: view.storeName, number: number)] = time
                guard beginnings.contains(type), let id = Int(partition) else { continue }
                created[Aggregate(type: channel, id: id)] = time
            }
        }
    }

    /// Whether a row had this number, and is gone since an older copy of the store was put back.
    func isLost(_ number: Int, of table: String, in service: String) -> Bool {
        (acceptances[service] ?? []).contains {
            number > $0.before[table] ?? 0 && number <= $0.after[table] ?? 0
        }
    }

    /// Whether an order has the number of a lost one.
    func isReused(order id: Int) -> Bool {
        reused.contains { $0.channel == Channel.order && $0.id == "\(id)" }
    }

    /// Whether something between these services about an order may have been lost.
    func concern(order id: Int, between services: String...) -> Bool {
        concern(Aggregate(type: Channel.order, id: id), services)
            || services.contains { decisions.concern(order: id, at: $0) }
    }

    /// Whether a fault of an order may follow from what is known to be lost, or from what operators have
    /// decided.
    func explain(_ fault: OrderFault, ofOrder id: Int) -> Bool {
        if decisions.leave(fault, ofOrder: id) { return true }
        let services = [ServiceName.order, ServiceName.customer]
        let isEdited = services.contains { decisions.edit(order: id, at: $0) }
        return switch fault {
        case .undecided, .paidForNothing, .sagaWaits, .lockLeft:
            concern(order: id, between: ServiceName.order, ServiceName.customer)
        // Who was not told has done too little, and nothing else.
        case .unpaid, .paidOtherwise:
            isEdited || concern(Aggregate(type: Channel.order, id: id), services)
        // One store says both: only what is told wrongly moves an order without its saga.
        case .sagaDisagrees: isEdited || isReused(order: id)
        }
    }

    /// Whether something between these services about a customer may have been lost.
    func concern(customer id: Int, between services: String...) -> Bool {
        concern(Aggregate(type: Channel.customer, id: id), services)
            || services.contains { decisions.concern(customer: id, at: $0) }
    }

    /// Whether an operator has discarded the delivery of a message, or the store of its receiver was
    /// put back since it should have handled it.
    func concern(_ message: MessageID, to service: String) -> Bool {
        if decisions.discards(message, at: service) { return true }
        guard let accepted = accepted[service] else { return false }
        return sent[message].map { $0 <= accepted } ?? true
    }

    /// What was created after a store was accepted has lost nothing.
    private func concern(_ aggregate: Aggregate, _ services: [String]) -> Bool {
        services.contains { service in
            guard let accepted = accepted[service] else { return false }
            return created[aggregate].map { $0 <= accepted } ?? true
        }
    }

    /// Whether an operator has decided about deliveries of a message, and so knows how it is.
    func isKnownToOperators(_ message: MessageID) -> Bool { decisions.messages.contains(message) }

    /// The order whose saga has this id; nil when there is none.
    func order(ofSaga id: String) -> Int? { decisions.orderOfSaga[id] }

    /// Whether the view was not told of an order's or a customer's creation.
    func isBeforeView(order id: Int) -> Bool {
        gaps[ServiceName.order] != nil && created[Aggregate(type: Channel.order, id: id)] == nil
    }

    /// The same of a customer.
    func isBeforeView(customer id: Int) -> Bool {
        gaps[ServiceName.customer] != nil
            && created[Aggregate(type: Channel.customer, id: id)] == nil
    }
}
