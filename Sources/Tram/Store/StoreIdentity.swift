/// Which store it is: of which system, of which service, and which of the lives that the service's
/// store has had.
///
/// By it a relay refuses stores that do not belong together
/// (``StoreError/ofOtherSystem(service:detail:)``) and one that was put back unnoticed
/// (``StoreError/rolledBack(service:detail:)``).
public struct StoreIdentity: Hashable, Sendable {
    /// The service that owns the store.
    public let service: String
    /// A random text, made with the store. A copy of the file has the same one. A copy that is
    /// accepted as what the store now is gets a new one: see ``StoreAcceptance``.
    public let incarnation: String
    /// A random text that all stores of a system share; nil until the store has met another one,
    /// which the first relay over them brings about.
    public let system: String?
    /// The names of the system's services, as far as a relay that knows them all has told.
    public let members: Set<String>
}

/// A record that an older copy of the store was put back and accepted: see
/// ``Relay/accept(_:incarnation:)``.
///
/// Others may still know the store by the incarnation that ended then. Numbers from ``before`` to
/// ``after`` were given out to rows that are lost, and will not be given out again.
public struct StoreAcceptance: Hashable, Sendable {
    /// The incarnation that ended, by which others may know the store.
    public let incarnation: String
    /// The counters of the copy that was put back, by table: see ``Transaction/counters()``.
    public let before: [String: Int]
    /// The counters that the store went on from. Rows with a number above ``before`` and up to this
    /// one are lost.
    public let after: [String: Int]
    /// The aggregates that got a number, after the copy was put back and before it was accepted,
    /// which a lost one may have had.
    public let reused: [ReusedAggregate]
    /// When it was accepted.
    public let accepted: Timestamp
}

/// An aggregate whose number may have been given out twice because its store had gone back. Other
/// services may take it for the lost one; a person has to compare them.
public struct ReusedAggregate: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The channel of its events.
    public let channel: String
    /// The aggregate's id, as its events have it.
    public let id: String

    public var description: String { "\(channel) \(id)" }
}

/// What a store knows of its own identity and of the lives that it has had.
///
/// Relays write it; tools read it.
public struct Identities {
    private let transaction: any Transaction

    /// The identity of the store that a transaction is in.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// The store's identity. It is made by the library's migrations, and never missing in a sound
    /// store.
    ///
    /// - Throws: ``StoreError/unexpectedRow(_:)`` when it is missing or cannot be read.
    public func own() throws -> StoreIdentity {
        let rows = try transaction.rows(
            "SELECT service, incarnation, system_id, members FROM store_identity")
        guard let row = rows.first else {
            throw StoreError.unexpectedRow("the store of \(transaction.storeName) has no identity")
        }
        let (service, incarnation, system, members): (String, String, String?, String) =
            try row.values()
        return StoreIdentity(
            service: service, incarnation: incarnation, system: system,
            members: try storedJSON(Set<String>.self, members))
    }

    /// Makes the store a part of a system. The relay does it when it sees the store for the first
    /// time.
    ///
    /// - Parameters:
    ///   - system: the random text that all stores of the system share.
    ///   - members: the names of all services of the system, this one's included.
    public func join(_ system: String, members: Set<String>) throws {
        try transaction.execute(
            """
            UPDATE store_identity
            SET system_id = \(system), members = \(try WireFormat.encode(members.sorted()))
            """)
    }

    /// The incarnations, besides its present one, by which others may know the store, oldest first.
    /// Empty for a store that was never put back.
    public func acceptances() throws -> [StoreAcceptance] {
        try transaction.rows(
            """
            SELECT incarnation, counters_before, counters_after, reused, creation_time
            FROM store_acceptance ORDER BY id
            """
        ).map {
            let (incarnation, before, after, reused, created):
                (String, String, String, String, Int) = try $0.values()
            return StoreAcceptance(
                incarnation: incarnation, before: try storedJSON([String: Int].self, before),
                after: try storedJSON([String: Int].self, after),
                reused: try storedJSON([ReusedAggregate].self, reused),
                accepted: Timestamp(milliseconds: Int64(created)))
        }
    }

    /// How many numbers of a table were given out to rows that are lost.
    package func lostCount(of table: String) throws -> Int {
        // One acceptance may end several incarnations, in rows with the same counters: count it
        // once.
        let jumps = try Set(
            acceptances().map { [$0.before[table] ?? 0, $0.after[table] ?? 0] })
        return jumps.reduce(0) { $0 + $1[1] - $1[0] }
    }

    /// Whether a row of a table had this number and is lost since an older copy was put back.
    package func isLost(_ number: Int, of table: String) throws -> Bool {
        try acceptances().contains {
            number > $0.before[table] ?? 0 && number <= $0.after[table] ?? 0
        }
    }

    /// Makes the store the successor of others, and says that it lacks nothing that they had: for a
    /// store that was rebuilt from the outboxes.
    ///
    /// - Parameter known: the incarnations by which others know those.
    package func succeed(_ known: Set<String>) throws {
        for former in known.sorted() {
            try transaction.execute(
                """
                INSERT INTO store_acceptance
                    (incarnation, counters_before, counters_after, creation_time)
                VALUES (\(former), '{}', '{}', 0)
                """)
        }
    }

    /// Begins a new incarnation, after an older copy was put back.
    ///
    /// - Parameters:
    ///   - incarnation: the new one, a random text.
    ///   - known: the incarnations by which others know the store.
    ///   - before: the counters of the copy that was put back.
    ///   - after: those that the store goes on from.
    ///   - reused: see ``StoreAcceptance/reused``.
    func accept(
        as incarnation: String, known: Set<String>, before: [String: Int], after: [String: Int],
        reused: [ReusedAggregate]
    ) throws {
        for former in known.sorted() {
            try transaction.execute(
                """
                INSERT INTO store_acceptance
                    (incarnation, counters_before, counters_after, reused, creation_time)
                VALUES (\(former), \(try WireFormat.encode(before)),
                    \(try WireFormat.encode(after)), \(try WireFormat.encode(reused)),
                    \(Int(transaction.now.milliseconds)))
                """)
        }
        try transaction.execute("UPDATE store_identity SET incarnation = \(incarnation)")
    }
}

/// Reads a column that holds JSON of the library's own.
///
/// - Throws: ``StoreError/unexpectedRow(_:)`` when it cannot be read: that is damage of the store,
///   and not a message that cannot be decoded.
func storedJSON<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    do {
        return try WireFormat.decode(type, from: text)
    } catch {
        throw StoreError.unexpectedRow("a column that should hold JSON holds '\(text)'")
    }
}
