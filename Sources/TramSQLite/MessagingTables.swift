/// The tables of messaging in SQLite's words, for the first migration of every store that sends or
/// receives. Names and meanings are those of Eventuate Tram; `partition_id` and `type` are columns
/// here, so that a relay need not read headers, and `id` counts up in the order of commits.
public enum MessagingTables {
    /// The statements that make them.
    public static let create: [String] = [
        // AUTOINCREMENT: a number is never used again, also after a purge; an inbox would take the
        // new message for the old one.
        """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            destination TEXT NOT NULL,
            partition_id TEXT NOT NULL,
            type TEXT NOT NULL,
            headers TEXT NOT NULL,
            payload TEXT NOT NULL,
            published INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
            message_partition INTEGER,
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX message_published_idx ON message (id) WHERE published = 0",
        """
        CREATE INDEX message_pending_of_aggregate_idx ON message (destination, partition_id, id)
        WHERE published = 0
        """,
        """
        CREATE TABLE message_purge (
            id INTEGER PRIMARY KEY,
            through_id INTEGER NOT NULL,
            messages INTEGER NOT NULL CHECK (messages > 0),
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE delivery_failure (
            message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            consumer_id TEXT NOT NULL,
            attempts INTEGER NOT NULL CHECK (attempts > 0),
            error TEXT NOT NULL,
            PRIMARY KEY (message_id, consumer_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE received_messages (
            consumer_id TEXT NOT NULL,
            message_id TEXT NOT NULL,
            creation_time INTEGER NOT NULL,
            published INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (consumer_id, message_id)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
