internal import Contracts
internal import Orders
internal import Tram
internal import TramWorkbench

/// What may follow for orders and customers from what is known to be lost, and from what operators have
/// decided. What does follow is told, and is no violation.
struct OrderLosses {
    /// The facts.
    let known: Losses
    private let decisions: OperatorDecisions

    /// Nothing is lost.
    init() {
        known = Losses()
        decisions = OperatorDecisions()
    }

    /// Reads the facts.
    init(_ views: Views) throws {
        known = try views.losses()
        decisions = try OperatorDecisions(known, views)
    }

    /// Whether an order has the number of a lost one.
    func isReused(order id: Int) -> Bool { known.isReused(.order(id)) }

    /// Whether something between these services about an order may have been lost.
    func concern(order id: Int, between services: String...) -> Bool {
        known.mayLack(.order(id), in: services)
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
        case .unpaid, .paidOtherwise: isEdited || known.mayLack(.order(id), in: services)
        // One store says both: only what is told wrongly moves an order without its saga.
        case .sagaDisagrees: isEdited || isReused(order: id)
        }
    }

    /// Whether something between these services about a customer may have been lost.
    func concern(customer id: Int, between services: String...) -> Bool {
        known.mayLack(.customer(id), in: services)
            || services.contains { decisions.concern(customer: id, at: $0) }
    }

    /// The order whose saga has this id; nil when there is none.
    func order(ofSaga id: String) -> Int? { decisions.orderOfSaga[id] }

    /// Whether the view was not told of an order's or a customer's creation.
    func isBeforeView(order id: Int) -> Bool {
        known.isBeforeView(.order(id), of: ServiceName.order, at: ServiceName.history)
    }

    /// The same of a customer.
    func isBeforeView(customer id: Int) -> Bool {
        known.isBeforeView(.customer(id), of: ServiceName.customer, at: ServiceName.history)
    }
}

extension Losses.Aggregate {
    fileprivate static func order(_ id: Int) -> Self { Self(channel: Channel.order, id: "\(id)") }

    fileprivate static func customer(_ id: Int) -> Self {
        Self(channel: Channel.customer, id: "\(id)")
    }
}
