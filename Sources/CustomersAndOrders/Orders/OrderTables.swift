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

    /// Lets an order be rejected for an unknown reason. A table's constraint cannot be changed; the
    /// counter of its ids is kept, so that none is used again.
    package static let knowUnknownReasons: [String] = [
        "ALTER TABLE orders RENAME TO orders_before",
        "DROP INDEX orders_customer_idx",
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
                CHECK (rejection_reason IN
                    ('INSUFFICIENT_CREDIT', 'UNKNOWN_CUSTOMER', 'UNKNOWN')),
            CHECK ((state = 'REJECTED') = (rejection_reason IS NOT NULL))
        ) STRICT
        """,
        """
        INSERT INTO orders (id, customer_id, total, saga, saga_id, state, rejection_reason)
        SELECT id, customer_id, total, saga, saga_id, state, rejection_reason FROM orders_before
        """,
        "DELETE FROM sqlite_sequence WHERE name = 'orders'",
        """
        INSERT INTO sqlite_sequence (name, seq)
        SELECT 'orders', seq FROM sqlite_sequence WHERE name = 'orders_before'
        """,
        "DROP TABLE orders_before",
        "CREATE INDEX orders_customer_idx ON orders (customer_id, id)",
    ]
}
