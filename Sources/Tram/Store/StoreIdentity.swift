/// Which store it is: of which system, of which service, and which of the lives that the service's
/// store has had.
public struct StoreIdentity: Hashable, Sendable {
    /// The service that owns the store.
    public let service: String
    /// A random text, made with the store. An accepted copy gets a new one: see ``StoreAcceptance``.
    public let incarnation: String
    /// Shared by all stores of a system; nil until the store has met another one.
    public let system: String?
    /// The services of the system, as far as a relay that knows them all has told.
    public let members: Set<String>
}

/// A store that others have known by another incarnation: an older copy of it was put back, and
/// accepted as what it now is.
public struct StoreAcceptance: Hashable, Sendable {
    /// By which others know the store.
    public let incarnation: String
    /// The counters of the copy that was put back.
    public let before: [String: Int]
    /// The counters that it went on from. The numbers between are those of lost rows.
    public let after: [String: Int]
    /// The aggregates that got a number, after the copy was put back, which a lost one may have had.
    public let reused: [ReusedAggregate]
    /// When it was accepted.
    public let accepted: Timestamp
}

/// An aggregate whose number may have been given out twice, because its store had gone back.
public struct ReusedAggregate: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The channel of its events.
    public let channel: String
    /// Its id, as events have it.
    public let id: String

    public var description: String { "\(channel) \(id)" }
}

/// What a store knows of itself.
public struct Identities {
    private let transaction: any Transaction

    /// What the store that a transaction is in knows of itself and of others.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// The store's identity.
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

    /// Makes the store a part of a system.
    public func join(_ system: String, members: Set<String>) throws {
        try transaction.execute(
            """
            UPDATE store_identity
            SET system_id = \(system), members = \(try WireFormat.encode(members.sorted()))
            """)
    }

    /// By what incarnations others may know the store, besides its present one.
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
        // Several incarnations may have been accepted at once.
        let jumps = try Set(
            acceptances().map { [$0.before[table] ?? 0, $0.after[table] ?? 0] })
        return jumps.reduce(0) { $0 + $1[1] - $1[0] }
    }

    /// Whether a row of a table had this number, and is lost since an older copy was put back.
    package func isLost(_ number: Int, of table: String) throws -> Bool {
        try acceptances().contains {
            number > $0.before[table] ?? 0 && number <= $0.after[table] ?? 0
        }
    }

    /// Makes the store the successor of others, which lacks nothing that they had.
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

    /// Begins a new incarnation.
    ///
    /// - Parameters:
    ///   - known: the incarnations by which others know the store.
    ///   - before: the counters of the copy that was put back.
    ///   - after: those that it goes on from.
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

/// A column that holds JSON: one that cannot be read is damage, and nobody's message.
func storedJSON<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    do {
        return try WireFormat.decode(type, from: text)
    } catch {
        throw StoreError.unexpectedRow("a column that should hold JSON holds '\(text)'")
    }
}
