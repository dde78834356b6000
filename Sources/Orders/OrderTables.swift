/// The Order Service's tables, in SQLite's words.
package enum OrderTables {
    package static let create: [String] = [
        """
        CREATE TABLE orders (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            customer_id INTEGER NOT NULL CHECK (customer_id > 0),
            total INTEGER NOT NULL CHECK (total > 0),
            saga TEXT NOT NULL CHECK (saga IN ('choreography', 'orchestration')),
            saga_id TEXT UNIQUE,
            state TEXT NOT NULL
                CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'CANCELLED')),
            rejection_reason TEXT
                CHECK (rejection_reason IN ('INSUFFICIENT_CREDIT', 'UNKNOWN_CUSTOMER')),
            CHECK ((state = 'REJECTED') = (rejection_reason IS NOT NULL))
        ) STRICT
        """,
        "CREATE INDEX orders_customer_idx ON orders (customer_id, id)",
    ]
}
