internal import Contracts
internal import Tram

/// The rows of orders. All amounts are cents.
struct OrderRepository {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func insert(customerID: Int, total: Money, saga: SagaKind) throws -> Order {
        let id: Int = try transaction.rows(
            """
            INSERT INTO orders (customer_id, total, saga, state)
            VALUES (\(customerID), \(total), \(saga), \(OrderState.pending))
            RETURNING id
            """)[0].values()
        return Order(id: id, customerID: customerID, total: total, saga: saga)
    }

    func find(_ id: Int) throws -> Order? {
        try transaction.rows(
            """
            SELECT id, customer_id, total, saga, saga_id, state, rejection_reason FROM orders
            WHERE id = \(id)
            """
        ).first.map(order)
    }

    func find(orchestratedBy sagaID: String) throws -> Order? {
        try transaction.rows(
            """
            SELECT id, customer_id, total, saga, saga_id, state, rejection_reason FROM orders
            WHERE saga_id = \(sagaID)
            """
        ).first.map(order)
    }

    func setSaga(_ sagaID: String, ofOrder id: Int) throws {
        try transaction.execute("UPDATE orders SET saga_id = \(sagaID) WHERE id = \(id)")
    }

    func page(_ filter: OrderFilter, after id: Int, limit: Int) throws -> [Order] {
        // A NULL parameter switches its condition off; a customer's orders have an index.
        if let customerID = filter.customerID {
            return try transaction.rows(
                """
                SELECT id, customer_id, total, saga, saga_id, state, rejection_reason FROM orders
                WHERE customer_id = \(customerID) AND id > \(id)
                    AND (state = \(filter.state) OR \(filter.state) IS NULL)
                ORDER BY id LIMIT \(limit)
                """
            ).map(order)
        }
        return try transaction.rows(
            """
            SELECT id, customer_id, total, saga, saga_id, state, rejection_reason FROM orders
            WHERE id > \(id) AND (state = \(filter.state) OR \(filter.state) IS NULL)
            ORDER BY id LIMIT \(limit)
            """
        ).map(order)
    }

    /// Writes the state and its reason.
    func update(_ order: Order) throws {
        try transaction.execute(
            """
            UPDATE orders SET state = \(order.state), rejection_reason = \(order.rejectionReason)
            WHERE id = \(order.id)
            """)
    }

    private func order(_ row: Row) throws -> Order {
        let (id, customerID, total, saga, sagaID, state, reason):
            (Int, Int, Money, SagaKind, String?, OrderState, RejectionReason?) = try row.values()
        var order = Order(
            id: id, customerID: customerID, total: total, saga: saga, state: state,
            rejectionReason: reason)
        order.sagaID = sagaID
        return order
    }
}
