/// How far a service's inbox has seen another service's outbox.
///
/// It is kept in the store of the inbox. If the outbox is replaced by an older copy, its last
/// number is lower than this position, or, when it has grown again, its message of this number has
/// another digest. Either way a relay stops with ``StoreError/rolledBack(service:detail:)`` instead
/// of losing messages. ``SubscriberPosition`` is the same in the other direction.
public struct SourcePosition: Hashable, Sendable {
    /// The service that sent the messages.
    public let source: String
    /// The incarnation of the source's store, or nil when that is not known yet: see
    /// ``StoreIdentity``.
    public let incarnation: String?
    /// The number of the highest message that has been handled.
    public let through: Int
    /// That message's digest, or nil when it was handled before there were digests.
    public let digest: Int?
    /// The counters of the source's store at that time (``Transaction/counters()``): no row that
    /// anybody here can know of has a higher number.
    public let counters: [String: Int]

    package init(
        source: String, incarnation: String?, through: Int, digest: Int?, counters: [String: Int]
    ) {
        self.source = source
        self.incarnation = incarnation
        self.through = through
        self.digest = digest
        self.counters = counters
    }
}

/// How far a service has told the sender of messages that it has handled them.
///
/// It is kept in the store of the outbox. If the inbox is replaced by an older copy, it does not
/// know a message that this position says was delivered, and a relay stops with
/// ``StoreError/rolledBack(service:detail:)``.
public struct SubscriberPosition: Hashable, Sendable {
    /// The service that has handled the messages.
    public let service: String
    /// The incarnation of its store.
    public let incarnation: String
    /// The number of the highest message that it has handled.
    public let through: Int
}

/// What a store remembers of the other stores of its system, so that one that has gone back in time
/// is noticed.
///
/// Relays write the positions; applications may read them to show how far apart services are.
public struct Positions {
    private let transaction: any Transaction

    /// The positions in the store that a transaction is in.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// What has been seen of other outboxes, in the order of the sources' names.
    public func sources() throws -> [SourcePosition] {
        try transaction.rows(
            """
            SELECT source, incarnation, through_id, digest, counters FROM source_position
            ORDER BY source
            """
        ).map {
            let (source, incarnation, through, digest, counters):
                (String, String?, Int, Int?, String) = try $0.values()
            return SourcePosition(
                source: source, incarnation: incarnation, through: through, digest: digest,
                counters: try storedJSON([String: Int].self, counters))
        }
    }

    /// What other inboxes have seen of this outbox, in the order of the services' names.
    public func subscribers() throws -> [SubscriberPosition] {
        try transaction.rows(
            "SELECT service, incarnation, through_id FROM subscriber_position ORDER BY service"
        ).map {
            let (service, incarnation, through): (String, String, Int) = try $0.values()
            return SubscriberPosition(
                service: service, incarnation: incarnation, through: through)
        }
    }

    /// Notes how far an outbox has been seen, in the transaction that handles its messages.
    ///
    /// A position never goes back: a message that is delivered again, after later ones, does not
    /// lower it.
    package func note(_ position: SourcePosition) throws {
        try transaction.execute(
            """
            INSERT INTO source_position (source, incarnation, through_id, digest, counters)
            VALUES (\(position.source), \(position.incarnation), \(position.through),
                \(position.digest), \(try WireFormat.encode(position.counters)))
            ON CONFLICT (source) DO UPDATE
            SET incarnation = excluded.incarnation, through_id = excluded.through_id,
                digest = excluded.digest, counters = excluded.counters
            WHERE excluded.through_id >= source_position.through_id
            """)
    }

    /// Notes how far an inbox has seen this outbox, in the transaction that marks messages as
    /// published.
    ///
    /// A position never goes back within an incarnation. A store that was put back and accepted
    /// begins a new one, and may stand lower.
    func note(_ position: SubscriberPosition) throws {
        try transaction.execute(
            """
            INSERT INTO subscriber_position (service, incarnation, through_id)
            VALUES (\(position.service), \(position.incarnation), \(position.through))
            ON CONFLICT (service) DO UPDATE
            SET incarnation = excluded.incarnation, through_id = excluded.through_id
            WHERE excluded.through_id >= subscriber_position.through_id
                OR excluded.incarnation <> subscriber_position.incarnation
            """)
    }

    /// Sets how far an inbox has seen this outbox, also back: an operator has said that the inbox
    /// was put back.
    func set(_ position: SubscriberPosition) throws {
        try transaction.execute(
            "DELETE FROM subscriber_position WHERE service = \(position.service)")
        try note(position)
    }
}
