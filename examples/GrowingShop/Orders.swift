import Tram

/// The rows of the shop's own service: its orders, the mails that it has written, its books.
struct Orders {
    static let tables = [
        """
        CREATE TABLE customer_order (
            number INTEGER PRIMARY KEY, customer TEXT NOT NULL, state TEXT NOT NULL
        ) STRICT
        """,
        "CREATE TABLE mail (customer_order INTEGER NOT NULL, text TEXT NOT NULL) STRICT",
    ]

    /// What the second version's migration adds.
    static let books = ["CREATE TABLE entry (customer_order INTEGER PRIMARY KEY, cents INTEGER)"]

    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    struct NoAddress: Error, CustomStringConvertible {
        let description = "the customer has no address"
    }

    func open(_ number: Int, for customer: String) throws {
        try transaction.execute(
            "INSERT INTO customer_order VALUES (\(number), \(customer), 'open')")
    }

    func set(_ number: Int, to state: String) throws {
        try transaction.execute(
            "UPDATE customer_order SET state = \(state) WHERE number = \(number)")
    }

    /// - Throws: ``NoAddress`` for Dan.
    func mail(_ text: String, about number: Int) throws -> HandlerOutcome {
        let customer: String = try transaction.rows(
            "SELECT customer FROM customer_order WHERE number = \(number)")[0].values()
        if customer == "Dan" { throw NoAddress() }
        try transaction.execute("INSERT INTO mail VALUES (\(number), \(text))")
        return .handled("wrote to \(customer): \(text)")
    }

    func book(_ cents: Int, for number: Int) throws {
        try transaction.execute("INSERT INTO entry VALUES (\(number), \(cents))")
    }
}
