internal import Tram

/// The tables of messaging in SQLite's words, for every store that sends or receives.
///
/// Names and meanings are those of Eventuate Tram. Different from there, `partition_id` and `type`
/// are columns, so that a relay need not read headers, and `id` counts up in the order of commits.
///
/// `STRICT` makes SQLite refuse values of another type than the column's. `WITHOUT ROWID` keeps the
/// rows of a table in its primary key, which saves an index where that key is a text.
///
/// Each constant is one version. What has landed stays as it is, with comments inside of
/// statements, since the texts are compared with the tables of stores.
enum MessagingTables {
    /// Version 1: the outbox, failures of deliveries, and the inbox.
    static let create = [
        // The outbox. `id` is the message's number; AUTOINCREMENT never gives one out again, also
        // after a purge, or an inbox would take the new message for the old one. `published` is 1
        // when every subscriber has handled the message. `message_partition` is Eventuate's, and
        // not used.
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
        // Only unpublished messages are indexed, so that the cost of a pass depends on what is
        // pending and not on the length of the outbox. The second one finds those of one aggregate.
        "CREATE INDEX message_published_idx ON message (id) WHERE published = 0",
        """
        CREATE INDEX message_pending_of_aggregate_idx ON message (destination, partition_id, id)
        WHERE published = 0
        """,
        // One row for each transaction of a purge. What is left of the outbox no longer tells the
        // whole past, up to the number `through_id`.
        """
        CREATE TABLE message_purge (
            id INTEGER PRIMARY KEY,
            through_id INTEGER NOT NULL,
            messages INTEGER NOT NULL CHECK (messages > 0),
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        // Deliveries that have failed and will be tried again. They go with their message.
        """
        CREATE TABLE delivery_failure (
            message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            consumer_id TEXT NOT NULL,
            attempts INTEGER NOT NULL CHECK (attempts > 0),
            error TEXT NOT NULL,
            PRIMARY KEY (message_id, consumer_id)
        ) STRICT, WITHOUT ROWID
        """,
        // The inbox: one row for each message that a subscriber has handled. `published` is
        // Eventuate's, and not used.
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

    /// Version 2: a digest of each message, and what a store knows of itself and of the other
    /// stores, so that one that was put back is noticed.
    static let identify = [
        "ALTER TABLE message ADD COLUMN digest INTEGER NOT NULL DEFAULT 0",
        // NULL: the message was handled before there were digests.
        "ALTER TABLE received_messages ADD COLUMN digest INTEGER",
        // Which store it is: a single row. `system_id` and `members` are set by the first relay.
        """
        CREATE TABLE store_identity (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            service TEXT NOT NULL,
            incarnation TEXT NOT NULL,
            system_id TEXT,
            members TEXT NOT NULL DEFAULT '[]'
        ) STRICT
        """,
        // Older copies that were put back and accepted. The counters are JSON objects by table.
        """
        CREATE TABLE store_acceptance (
            id INTEGER PRIMARY KEY,
            incarnation TEXT NOT NULL,
            counters_before TEXT NOT NULL,
            counters_after TEXT NOT NULL,
            reused TEXT NOT NULL DEFAULT '[]',
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        // How far this store's inbox has seen each other outbox.
        """
        CREATE TABLE source_position (
            source TEXT PRIMARY KEY,
            incarnation TEXT,
            through_id INTEGER NOT NULL,
            digest INTEGER,
            counters TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        // How far each other inbox has seen this store's outbox.
        """
        CREATE TABLE subscriber_position (
            service TEXT PRIMARY KEY,
            incarnation TEXT NOT NULL,
            through_id INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        // What was seen before these tables were there.
        """
        INSERT INTO source_position (source, through_id, counters)
        SELECT substr(message_id, 1, instr(message_id, ':') - 1),
            max(CAST(substr(message_id, instr(message_id, ':') + 1) AS INTEGER)), '{}'
        FROM received_messages WHERE message_id GLOB '?*:[1-9]*' GROUP BY 1
        """,
    ]

    /// Version 3: dead letters, what operators did about them, purged inboxes, idempotency keys.
    static let park = [
        // 0: to be delivered; 1: parked for everyone who has not handled it; 2: everyone who has
        // not handled it waits behind a parked one. See Outbox.Aside.
        """
        ALTER TABLE message ADD COLUMN aside INTEGER NOT NULL DEFAULT 0 CHECK (aside IN (0, 1, 2))
        """,
        "DROP INDEX message_published_idx",
        "CREATE INDEX message_published_idx ON message (id, aside) WHERE published = 0",
        // Deliveries that have failed for the last time. `consumer_id` is empty where nobody
        // receives the message. The aggregate is repeated here, so that later messages find what
        // they wait behind. `is_told`: somebody was told, or nobody is to be.
        """
        CREATE TABLE dead_letter (
            message_id INTEGER NOT NULL
                REFERENCES message (id) ON DELETE CASCADE ON UPDATE CASCADE,
            consumer_id TEXT NOT NULL,
            destination TEXT NOT NULL,
            partition_id TEXT NOT NULL,
            attempts INTEGER NOT NULL CHECK (attempts > 0),
            error TEXT NOT NULL,
            is_told INTEGER NOT NULL DEFAULT 0 CHECK (is_told IN (0, 1)),
            creation_time INTEGER NOT NULL,
            PRIMARY KEY (message_id, consumer_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE INDEX dead_letter_of_aggregate_idx
        ON dead_letter (destination, partition_id, message_id)
        """,
        // What operators did about dead letters: payloads that they gave to deliveries, and
        // deliveries that they discarded. Both stay when the message is purged, so that it can
        // always be told why an effect is another one than was sent, or is missing.
        """
        CREATE TABLE delivery_edit (
            message_id INTEGER NOT NULL,
            consumer_id TEXT NOT NULL,
            destination TEXT NOT NULL,
            partition_id TEXT NOT NULL,
            sent_payload TEXT NOT NULL,
            payload TEXT NOT NULL,
            creation_time INTEGER NOT NULL,
            PRIMARY KEY (message_id, consumer_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE discarded_delivery (
            message_id INTEGER NOT NULL,
            consumer_id TEXT NOT NULL,
            type TEXT NOT NULL,
            destination TEXT NOT NULL,
            partition_id TEXT NOT NULL,
            headers TEXT NOT NULL,
            payload TEXT NOT NULL,
            attempts INTEGER NOT NULL CHECK (attempts > 0),
            error TEXT NOT NULL,
            creation_time INTEGER NOT NULL,
            PRIMARY KEY (message_id, consumer_id)
        ) STRICT, WITHOUT ROWID
        """,
        // Rows are only added. A relay that runs looks at the highest id, and goes back when
        // messages that it has passed are pending again.
        """
        CREATE TABLE outbox_decision (
            id INTEGER PRIMARY KEY,
            decision TEXT NOT NULL
                CHECK (decision IN ('retried', 'edited', 'discarded', 'redelivered', 'handled')),
            message_id INTEGER,
            consumer_id TEXT NOT NULL,
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        // Positions that stand for purged rows of the inbox.
        """
        CREATE TABLE purged_inbox (
            consumer_id TEXT NOT NULL,
            source TEXT NOT NULL,
            through_id INTEGER NOT NULL,
            PRIMARY KEY (consumer_id, source)
        ) STRICT, WITHOUT ROWID
        """,
        // Requests that were carried out, with their answers. Both are JSON.
        """
        CREATE TABLE idempotency_key (
            idempotency_key TEXT PRIMARY KEY,
            request TEXT NOT NULL,
            answer TEXT NOT NULL,
            creation_time INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ]

    /// Version 4: what handlers said, since when each subscriber listens, and which schema was
    /// found sound.
    static let explain = [
        // NULL: the message was handled before outcomes were kept.
        "ALTER TABLE received_messages ADD COLUMN outcome TEXT",
        // What the handler said, a JSON array of sentences.
        "ALTER TABLE received_messages ADD COLUMN effects TEXT",
        // Since when a subscriber listens to a source: to all that its outbox holds (`through_id`
        // is 0), or only to what came after the message of that number.
        """
        CREATE TABLE subscription (
            consumer_id TEXT NOT NULL,
            source TEXT NOT NULL,
            begins TEXT NOT NULL CHECK (begins IN ('beginning', 'now')),
            through_id INTEGER NOT NULL,
            creation_time INTEGER NOT NULL,
            -- After which number a program without the subscriber may have published messages.
            missed_after INTEGER,
            PRIMARY KEY (consumer_id, source)
        ) STRICT, WITHOUT ROWID
        """,
        // For whom alone a published message is pending again. A pending message without rows here
        // is for everyone.
        """
        CREATE TABLE redelivery (
            message_id INTEGER NOT NULL
                REFERENCES message (id) ON DELETE CASCADE ON UPDATE CASCADE,
            consumer_id TEXT NOT NULL,
            PRIMARY KEY (message_id, consumer_id)
        ) STRICT, WITHOUT ROWID
        """,
        // The digest of the tables when they were last compared with those of the program's
        // migrations.
        "ALTER TABLE store_identity ADD COLUMN schema_digest INTEGER",
    ]

    /// Version 5: what was published while a service was away.
    static let absent = [
        // Services that could not be asked for their subscribers when messages after this number
        // were published. A subscriber that only another program has may have missed those
        // messages.
        """
        CREATE TABLE absent_service (
            service TEXT PRIMARY KEY,
            published_after INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    ]

    /// Gives a store its identity, and each message that it holds its digest: the body of version
    /// 2's migration. The incarnation is 128 random bits from SQLite.
    @Sendable static func identify(_ transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO store_identity (id, service, incarnation)
            VALUES (1, \(transaction.storeName), lower(hex(randomblob(16))))
            """)
        try Outbox(transaction).digestAll()
    }
}
