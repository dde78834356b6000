internal import Contracts
package import Tram

/// The Order History Service: a view of customers and their orders, kept by listening to what the
/// services that own them publish (command query responsibility segregation).
///
/// Events about one order come in their order; those about a customer and about the customer's
/// orders may come in any. So every handler adds what it knows, and the view never goes back: an
/// order's state only moves along the order's life.
package struct OrderHistoryService {
    package static let subscriberID = "history"

    private let store: any Store

    package init(_ store: any Store) {
        self.store = store
    }

    package static let handlers = DomainEventHandlers(
        subscriberID,
        [
            .on(CustomerCreated.self, addCustomer),
            .on(OrderCreated.self) { try show(.pending, $0, $1) },
            .on(OrderApproved.self) { try show(.approved, $0, $1) },
            .on(OrderRejected.self) { try show(.rejected, $0, $1) },
            .on(OrderCancelled.self) { try show(.cancelled, $0, $1) },
        ])

    /// What the view holds about a customer, or nil when it has not heard of the customer.
    package func history(of customerID: Int) throws -> CustomerHistory? {
        try store.read { try HistoryRepository($0).history(customerID) }
    }

    /// A customer of the view, or nil when it has not heard of the customer.
    package func customer(_ id: Int) throws -> ViewedCustomer? {
        try store.read { try HistoryRepository($0).customer(id) }
    }

    /// The next orders of a customer by id, at most `limit` of them.
    package func orders(of customerID: Int, after id: Int, limit: Int) throws -> [OrderView] {
        try store.read { try HistoryRepository($0).orders(of: customerID, after: id, limit: limit) }
    }

    /// The next customers by id, at most `limit` of them.
    package func histories(after customerID: Int, limit: Int) throws -> [CustomerHistory] {
        try store.read { try HistoryRepository($0).page(after: customerID, limit: limit) }
    }

    /// Empties the view, so that it can be built again.
    package static func clear(in transaction: any Transaction) throws {
        try HistoryRepository(transaction).deleteAll()
    }

    /// Notes that the view is not told of messages up to a number: they have been purged.
    package static func noteGap(
        of source: String, through number: Int, in transaction: any Transaction
    ) throws {
        try HistoryRepository(transaction).noteGap(of: source, through: number)
    }

    /// The gaps of the view: by source, the highest number of a message that it was not told of.
    package static func gaps(in transaction: any Transaction) throws -> [String: Int] {
        try HistoryRepository(transaction).gaps()
    }

    private static func addCustomer(
        _ event: DomainEventEnvelope<CustomerCreated>, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let id = try event.numericAggregateID()
        try HistoryRepository(transaction).saveCustomer(
            id, KnownCustomer(name: event.name, creditLimit: event.creditLimit))
        return .handled("customer \(id) added to the view")
    }

    private static func show(
        _ state: OrderState, _ event: DomainEventEnvelope<some OrderEvent>,
        _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let id = try event.numericAggregateID()
        let view = HistoryRepository(transaction)
        guard var order = try view.order(id) else {
            try view.insert(
                OrderView(
                    id: id, customerID: event.orderDetails.customerId, state: state,
                    total: event.orderDetails.orderTotal))
            return .handled("order \(id) \(state.rawValue) added to the view")
        }
        guard order.state != state, order.state.leads(to: state) else {
            return .ignored("the view already shows order \(id) \(order.state.rawValue)")
        }
        order.state = state
        try view.updateState(of: order)
        return .handled("order \(id) \(state.rawValue) in the view")
    }
}
