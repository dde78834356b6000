/// The Order History Service's view, in SQLite's words. A customer's name and limit are NULL as long
/// as only the customer's orders are known.
package enum HistoryTables {
    package static let create: [String] = [
        """
        CREATE TABLE customer_view (
            id INTEGER PRIMARY KEY,
            name TEXT,
            credit_limit INTEGER CHECK (credit_limit >= 0),
            CHECK ((name IS NULL) = (credit_limit IS NULL))
        ) STRICT
        """,
        """
        CREATE TABLE order_view (
            id INTEGER PRIMARY KEY,
            customer_id INTEGER NOT NULL REFERENCES customer_view (id),
            state TEXT NOT NULL
                CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'CANCELLED')),
            total INTEGER NOT NULL CHECK (total > 0)
        ) STRICT
        """,
        "CREATE INDEX order_view_customer_idx ON order_view (customer_id, id)",
    ]

    /// What the view was never told, because it was rebuilt from outboxes that had been purged: by
    /// source, the highest number of a message that was gone.
    package static let noteGaps: [String] = [
        """
        CREATE TABLE view_gap (
            source TEXT PRIMARY KEY,
            through_id INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    ]
}
