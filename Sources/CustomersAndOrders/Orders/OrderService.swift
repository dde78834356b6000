package import Contracts
package import Tram

/// The Order Service: it takes orders, and follows what their saga decides.
package struct OrderService {
    /// Runs the orchestrated sagas, and receives the replies to their commands.
    package let sagas: SagaManager<CreateOrderSaga>
    private let store: any Store

    package init(_ store: any Store) throws {
        self.store = store
        sagas = try SagaManager(CreateOrderSaga(), id: OrderEventConsumer.subscriberID)
    }

    /// What the service listens to: the Customer Service's events, and the replies to its sagas.
    package var subscriber: CombinedSubscriber {
        CombinedSubscriber(OrderEventConsumer.subscriberID, [OrderEventConsumer.handlers, sagas])
    }

    /// Creates a pending order and publishes ``OrderCreated``; an orchestrated one also sends the
    /// saga's first command. All of it is one transaction. Whether the customer exists is not this
    /// service's to know: the saga finds out.
    ///
    /// - Parameter key: when an order was created under this key before, that one is returned, as it
    ///   was then.
    /// - Throws: `IdempotencyKeyReused`.
    package func createOrder(
        customerID: Int, total: Money, saga: SagaKind = .choreography, key: IdempotencyKey? = nil
    ) throws -> (order: Order, published: [MessageHeading]) {
        let request = OrderRequest.createOrder(
            customerId: customerID, orderTotal: total, saga: saga)
        return try answer(key, to: request) { transaction in
            switch saga {
            case .choreography: try choreograph(customerID, total, transaction)
            case .orchestration: try orchestrate(customerID, total, transaction)
            }
        }
    }

    /// Carries out a request in one transaction, and tells which messages were sent.
    private func answer(
        _ key: IdempotencyKey?, to request: OrderRequest,
        _ body: (any Transaction) throws -> Order
    ) throws -> (order: Order, published: [MessageHeading]) {
        let answer = try store.write { transaction in
            try IdempotencyKeys(transaction).answer(key, to: request) {
                let outbox = Outbox(transaction)
                let newest = try outbox.highestNumber()
                let order = try body(transaction)
                return OrderAnswer(order: order, published: try outbox.headings(after: newest))
            }
        }
        return (answer.order, answer.published)
    }

    private func choreograph(
        _ customerID: Int, _ total: Money, _ transaction: any Transaction
    ) throws -> Order {
        let order = try OrderRepository(transaction)
            .insert(customerID: customerID, total: total, saga: .choreography)
        let event = OrderCreated(orderDetails: order.details, saga: .choreography)
        try transaction.publish(event, about: order.id)
        return order
    }

    private func orchestrate(
        _ customerID: Int, _ total: Money, _ transaction: any Transaction
    ) throws -> Order {
        let details = OrderDetails(customerId: customerID, orderTotal: total)
        let saga = try sagas.start(CreateOrderSaga.Data(orderDetails: details), in: transaction)
        let orders = OrderRepository(transaction)
        try orders.setSaga(saga.reference.id, ofOrder: saga.data.orderId)
        guard let order = try orders.find(saga.data.orderId) else {
            throw OrderError.notFound(saga.data.orderId)
        }
        return order
    }

    /// The order that a saga orchestrates, or nil when there is none.
    package func order(orchestratedBy sagaID: String) throws -> Order? {
        try store.read { try OrderRepository($0).find(orchestratedBy: sagaID) }
    }

    /// Cancels an approved order and publishes ``OrderCancelled``, in one transaction.
    ///
    /// - Parameter key: when the order was cancelled under this key before, that is the answer again.
    /// - Throws: ``OrderError``, `IdempotencyKeyReused`; nothing has then changed.
    package func cancelOrder(
        _ id: Int, key: IdempotencyKey? = nil
    ) throws -> (order: Order, published: [MessageHeading]) {
        try answer(key, to: .cancelOrder(orderId: id)) { transaction in
            let orders = OrderRepository(transaction)
            guard var order = try orders.find(id) else { throw OrderError.notFound(id) }
            guard order.cancel() else { throw OrderError.notCancellable(id, order.state) }
            try orders.update(order)
            try transaction.publish(OrderCancelled(orderDetails: order.details), about: id)
            return order
        }
    }

    /// - Throws: ``OrderError/notFound(_:)``.
    package func order(_ id: Int) throws -> Order {
        guard let order = try findOrder(id) else { throw OrderError.notFound(id) }
        return order
    }

    /// An order, or nil when there is none with that id.
    package func findOrder(_ id: Int) throws -> Order? {
        try store.read { try OrderRepository($0).find(id) }
    }

    /// The next orders by id, at most `limit` of them.
    package func orders(
        _ filter: OrderFilter = OrderFilter(), after id: Int, limit: Int
    ) throws -> [Order] {
        try store.read { try OrderRepository($0).page(filter, after: id, limit: limit) }
    }
}

/// What a client asks of the Order Service, as an idempotency key remembers it.
private enum OrderRequest: Encodable {
    case createOrder(customerId: Int, orderTotal: Money, saga: SagaKind)
    case cancelOrder(orderId: Int)
}

/// What the Order Service answers, as an idempotency key remembers it: the order as it was then, and
/// the messages that were sent.
private struct OrderAnswer: Codable {
    let order: Order
    let published: [MessageHeading]
}

/// Which orders to list: those that meet every condition that is given.
package struct OrderFilter: Sendable {
    package var customerID: Int?
    package var state: OrderState?

    package init(customerID: Int? = nil, state: OrderState? = nil) {
        self.customerID = customerID
        self.state = state
    }
}

/// What the Order Service refuses.
package enum OrderError: Error, Hashable, Sendable {
    case notFound(Int)
    /// Only an approved order can be cancelled; this one is in another state.
    case notCancellable(Int, OrderState)
}

extension OrderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound(let id): "order \(id) does not exist"
        case .notCancellable(let id, let state): "order \(id) is \(state.rawValue), not APPROVED"
        }
    }
}
