internal import Contracts
internal import Tram

/// The rows of customers. All amounts are cents.
struct CustomerRepository {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func insert(name: CustomerName, creditLimit: Money) throws -> Customer {
        let id: Int = try transaction.rows(
            """
            INSERT INTO customer (name, credit_limit) VALUES (\(name.description), \(creditLimit))
            RETURNING id
            """)[0].values()
        return Customer(id: id, name: name, creditLimit: creditLimit, reserved: .zero)
    }

    func find(_ id: Int) throws -> Customer? {
        try transaction.rows(
            "SELECT id, name, credit_limit, reserved FROM customer WHERE id = \(id)"
        ).first.map(customer)
    }

    func page(after id: Int, limit: Int) throws -> [Customer] {
        try transaction.rows(
            """
            SELECT id, name, credit_limit, reserved FROM customer
            WHERE id > \(id) ORDER BY id LIMIT \(limit)
            """
        ).map(customer)
    }

    func reservation(forOrder orderID: Int) throws -> Reservation? {
        try transaction.rows(
            "SELECT customer_id, amount FROM credit_reservation WHERE order_id = \(orderID)"
        ).first.map {
            let (customerID, amount): (Int, Money) = try $0.values()
            return Reservation(orderID: orderID, customerID: customerID, amount: amount)
        }
    }

    func save(_ reservation: Reservation, of customer: Customer) throws {
        try transaction.execute(
            """
            INSERT INTO credit_reservation (order_id, customer_id, amount)
            VALUES (\(reservation.orderID), \(customer.id), \(reservation.amount))
            """)
        try updateReserved(of: customer)
    }

    func delete(_ reservation: Reservation, of customer: Customer) throws {
        try transaction.execute(
            "DELETE FROM credit_reservation WHERE order_id = \(reservation.orderID)")
        try updateReserved(of: customer)
    }

    private func updateReserved(of customer: Customer) throws {
        try transaction.execute(
            "UPDATE customer SET reserved = \(customer.reserved) WHERE id = \(customer.id)")
    }

    private func customer(_ row: Row) throws -> Customer {
        let (id, name, creditLimit, reserved): (Int, String, Money, Money) = try row.values()
        guard let name = CustomerName(name) else {
            throw StoreError.unexpectedRow("customer \(id) has no valid name")
        }
        return Customer(id: id, name: name, creditLimit: creditLimit, reserved: reserved)
    }
}

/// Credit that is set aside for an order.
struct Reservation {
    let orderID: Int
    let customerID: Int
    let amount: Money
}
