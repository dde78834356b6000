internal import Contracts
internal import Tram

/// The rows of the view. All amounts are cents.
struct HistoryRepository {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func saveCustomer(_ id: Int, _ customer: KnownCustomer) throws {
        try transaction.execute(
            """
            INSERT INTO customer_view (id, name, credit_limit)
            VALUES (\(id), \(customer.name), \(customer.creditLimit))
            ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, credit_limit = excluded.credit_limit
            """)
    }

    func order(_ id: Int) throws -> OrderView? {
        try transaction.rows(
            "SELECT id, customer_id, state, total FROM order_view WHERE id = \(id)"
        ).first.map(order)
    }

    /// Adds an order, and its customer without a name if that is not there yet.
    func insert(_ order: OrderView) throws {
        try transaction.execute(
            "INSERT INTO customer_view (id) VALUES (\(order.customerID)) ON CONFLICT DO NOTHING")
        try transaction.execute(
            """
            INSERT INTO order_view (id, customer_id, state, total)
            VALUES (\(order.id), \(order.customerID), \(order.state), \(order.total))
            """)
    }

    func updateState(of order: OrderView) throws {
        try transaction.execute(
            "UPDATE order_view SET state = \(order.state) WHERE id = \(order.id)")
    }

    func history(_ customerID: Int) throws -> CustomerHistory? {
        try transaction.rows(
            "SELECT id, name, credit_limit FROM customer_view WHERE id = \(customerID)"
        ).first.map(history)
    }

    func page(after customerID: Int, limit: Int) throws -> [CustomerHistory] {
        try transaction.rows(
            """
            SELECT id, name, credit_limit FROM customer_view
            WHERE id > \(customerID) ORDER BY id LIMIT \(limit)
            """
        ).map(history)
    }

    func deleteAll() throws {
        try transaction.execute("DELETE FROM order_view")
        try transaction.execute("DELETE FROM customer_view")
    }

    private func history(_ row: Row) throws -> CustomerHistory {
        let (id, name, creditLimit): (Int, String?, Money?) = try row.values()
        let orders = try transaction.rows(
            "SELECT id, customer_id, state, total FROM order_view WHERE customer_id = \(id) ORDER BY id"
        ).map(order)
        var customer: KnownCustomer?
        if let name, let creditLimit {
            customer = KnownCustomer(name: name, creditLimit: creditLimit)
        }
        return CustomerHistory(id: id, customer: customer, orders: orders)
    }

    private func order(_ row: Row) throws -> OrderView {
        let (id, customerID, state, total): (Int, Int, OrderState, Money) = try row.values()
        return OrderView(id: id, customerID: customerID, state: state, total: total)
    }
}
