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

    func customer(_ id: Int) throws -> ViewedCustomer? {
        try transaction.rows(
            "SELECT id, name, credit_limit FROM customer_view WHERE id = \(id)"
        ).first.map(customer)
    }

    func orders(of customerID: Int, after id: Int, limit: Int) throws -> [OrderView] {
        try transaction.rows(
            """
            SELECT id, customer_id, state, total FROM order_view
            WHERE customer_id = \(customerID) AND id > \(id) ORDER BY id LIMIT \(limit)
            """
        ).map(order)
    }

    func deleteAll() throws {
        try transaction.execute("DELETE FROM order_view")
        try transaction.execute("DELETE FROM customer_view")
        try transaction.execute("DELETE FROM view_gap")
    }

    func noteGap(of source: String, through number: Int) throws {
        try transaction.execute(
            "INSERT INTO view_gap (source, through_id) VALUES (\(source), \(number))")
    }

    func gaps() throws -> [String: Int] {
        let rows = try transaction.rows("SELECT source, through_id FROM view_gap")
        return try rows.reduce(into: [:]) { gaps, row in
            let (source, number): (String, Int) = try row.values()
            gaps[source] = number
        }
    }

    private func history(_ row: Row) throws -> CustomerHistory {
        let customer = try customer(row)
        return CustomerHistory(
            id: customer.id, customer: customer.known,
            orders: try orders(of: customer.id, after: 0, limit: .max))
    }

    private func customer(_ row: Row) throws -> ViewedCustomer {
        let (id, name, creditLimit): (Int, String?, Money?) = try row.values()
        guard let name, let creditLimit else { return ViewedCustomer(id: id, known: nil) }
        return ViewedCustomer(
            id: id, known: KnownCustomer(name: name, creditLimit: creditLimit))
    }

    private func order(_ row: Row) throws -> OrderView {
        let (id, customerID, state, total): (Int, Int, OrderState, Money) = try row.values()
        return OrderView(id: id, customerID: customerID, state: state, total: total)
    }
}
