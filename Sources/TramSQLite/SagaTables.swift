/// The tables of sagas in SQLite's words, for every store whose service runs sagas or takes part in
/// them.
///
/// Names and meanings are those of Eventuate Tram Sagas. Different from there, a saga's id counts
/// up, and there is a log of what happened to each instance. An orchestrator uses `saga_instance`,
/// its participants and its log; a participant uses the locks and the stash.
enum SagaTables {
    /// Version 1: instances, their participants and their log; locks and stashed commands.
    static let create = [
        // One row for each saga that was started. `last_request_id` is the command whose reply it
        // waits for; `deadline` is the time, in milliseconds since 1970, at which it gives up
        // waiting. `executed_steps` is a JSON array.
        """
        CREATE TABLE saga_instance (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            saga_type TEXT NOT NULL,
            saga_id TEXT NOT NULL GENERATED ALWAYS AS (CAST(id AS TEXT)) STORED,
            state_name TEXT NOT NULL,
            last_request_id TEXT,
            end_state INTEGER NOT NULL DEFAULT 0 CHECK (end_state IN (0, 1)),
            compensating INTEGER NOT NULL DEFAULT 0 CHECK (compensating IN (0, 1)),
            failed INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1)),
            saga_data_type TEXT NOT NULL,
            saga_data_json TEXT NOT NULL,
            executed_steps TEXT NOT NULL DEFAULT '[]',
            attempts INTEGER NOT NULL DEFAULT 0,
            deadline INTEGER,
            UNIQUE (saga_type, saga_id)
        ) STRICT
        """,
        // Finds the few instances that wait with a deadline.
        """
        CREATE INDEX saga_instance_deadline_idx ON saga_instance (saga_type, deadline)
        WHERE deadline IS NOT NULL
        """,
        // What a saga has locked, and on which channel, so that its end can unlock it.
        """
        CREATE TABLE saga_instance_participants (
            saga_type TEXT NOT NULL,
            saga_id TEXT NOT NULL,
            destination TEXT NOT NULL,
            resource TEXT NOT NULL,
            PRIMARY KEY (saga_type, saga_id, destination, resource)
        ) STRICT, WITHOUT ROWID
        """,
        // At a participant: which saga holds which lock.
        """
        CREATE TABLE saga_lock_table (
            target TEXT PRIMARY KEY,
            saga_type TEXT NOT NULL,
            saga_id TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        // At a participant: the commands that wait for a lock, as messages. `sequence` is their
        // order.
        """
        CREATE TABLE saga_stash_table (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id TEXT NOT NULL UNIQUE,
            target TEXT NOT NULL,
            saga_type TEXT NOT NULL,
            saga_id TEXT NOT NULL,
            message_type TEXT NOT NULL,
            destination TEXT NOT NULL,
            partition_id TEXT NOT NULL,
            message_headers TEXT NOT NULL,
            message_payload TEXT NOT NULL
        ) STRICT
        """,
        // The next command for a lock that has become free, and the next one of a saga.
        "CREATE INDEX saga_stash_target_idx ON saga_stash_table (target, sequence)",
        "CREATE INDEX saga_stash_saga_idx ON saga_stash_table (saga_type, saga_id, sequence)",
        // What happened to each instance, in the order of `id`, with the saga's data after it.
        """
        CREATE TABLE saga_log (
            id INTEGER PRIMARY KEY,
            saga_type TEXT NOT NULL,
            saga_id TEXT NOT NULL,
            step INTEGER,
            event TEXT NOT NULL,
            message_id TEXT,
            detail TEXT NOT NULL,
            saga_data_json TEXT NOT NULL,
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX saga_log_saga_idx ON saga_log (saga_type, saga_id, id)",
    ]

    /// Version 3: stashed commands that could not be resumed, and how many instances were purged.
    /// Version 2 changed nothing here.
    static let park = [
        // 1: it could not be resumed, and its outbox delivers it again.
        """
        ALTER TABLE saga_stash_table
        ADD COLUMN returned INTEGER NOT NULL DEFAULT 0 CHECK (returned IN (0, 1))
        """,
        "CREATE INDEX saga_stash_returned_idx ON saga_stash_table (sequence) WHERE returned = 1",
        // One row for each transaction of a purge of instances, up to the one with the number
        // `through_id`.
        """
        CREATE TABLE saga_purge (
            id INTEGER PRIMARY KEY,
            through_id INTEGER NOT NULL,
            instances INTEGER NOT NULL CHECK (instances > 0),
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
    ]

    /// Version 4: steps by name, instances by a key of the application's, retries, and what
    /// operators did.
    static let name = [
        // NULL: the instance was started before definitions had versions, and its steps are
        // numbers.
        "ALTER TABLE saga_instance ADD COLUMN definition_version INTEGER",
        "ALTER TABLE saga_instance ADD COLUMN business_key TEXT",
        // When the step under way is tried again, in milliseconds since 1970.
        "ALTER TABLE saga_instance ADD COLUMN retry_at INTEGER",
        // How often the step was tried again, by reason, as JSON. NULL: only `attempts` tells it.
        "ALTER TABLE saga_instance ADD COLUMN retries TEXT",
        // Finds a saga by the key that the application has given it, and keeps two from having the
        // same.
        """
        CREATE UNIQUE INDEX saga_instance_key_idx ON saga_instance (saga_type, business_key)
        WHERE business_key IS NOT NULL
        """,
        """
        CREATE INDEX saga_instance_retry_idx ON saga_instance (saga_type, retry_at)
        WHERE retry_at IS NOT NULL
        """,
        // NULL: the step is a number, in the column `step`.
        "ALTER TABLE saga_log ADD COLUMN step_name TEXT",
        // The step of its saga that a stashed command does or undoes. NULL: it was sent before
        // commands named their step.
        "ALTER TABLE saga_stash_table ADD COLUMN step_name TEXT",
        """
        ALTER TABLE saga_stash_table
        ADD COLUMN is_compensation INTEGER NOT NULL DEFAULT 0 CHECK (is_compensation IN (0, 1))
        """,
        """
        ALTER TABLE saga_stash_table
        ADD COLUMN is_repeated INTEGER NOT NULL DEFAULT 0 CHECK (is_repeated IN (0, 1))
        """,
        // 1: it waits behind another command of its saga, which waits for the target.
        """
        ALTER TABLE saga_stash_table
        ADD COLUMN is_behind INTEGER NOT NULL DEFAULT 0 CHECK (is_behind IN (0, 1))
        """,
        // What operators decided about sagas. It stays when an instance is purged.
        """
        CREATE TABLE saga_decision (
            id INTEGER PRIMARY KEY,
            saga_type TEXT NOT NULL,
            saga_id TEXT NOT NULL,
            decision TEXT NOT NULL
                CHECK (decision IN ('retried', 'resent', 'skipped', 'rolled-back', 'abandoned')),
            step_name TEXT,
            reason TEXT NOT NULL,
            creation_time INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX saga_decision_saga_idx ON saga_decision (saga_type, saga_id, id)",
    ]

    /// Version 5: an index of the few sagas that have failed.
    static let findFailed = [
        "CREATE INDEX saga_instance_failed_idx ON saga_instance (saga_type, id) WHERE failed = 1"
    ]
}
