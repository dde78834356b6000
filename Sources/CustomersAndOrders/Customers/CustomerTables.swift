/// The Customer Service's tables, in SQLite's words.
package enum CustomerTables {
    package static let create: [String] = [
        """
        CREATE TABLE customer (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
            credit_limit INTEGER NOT NULL CHECK (credit_limit >= 0),
            reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND credit_limit)
        ) STRICT
        """,
        """
        CREATE TABLE credit_reservation (
            order_id INTEGER PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES customer (id),
            amount INTEGER NOT NULL CHECK (amount > 0)
        ) STRICT
        """,
    ]
}
