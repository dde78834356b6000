/// A store beside whose user others may be at work, in this process and elsewhere: what servers,
/// watching relays and operators' tools need of a store besides its transactions.
///
/// A kind of store keeps the promises of its ``Store`` and these; `StoreContract` in `TramTesting`
/// tests them. What a store knows of itself and of others (``Identities``, ``Positions``, digests) are
/// rows, and the same for all kinds.
public protocol SharedStore: Store {
    /// Runs `body` with every `write` inside it made a part of one transaction: one that throws is
    /// undone by itself, and all the others become durable together when this returns, so that
    /// durability is waited for once (group commit, after Gray and Reuter, *Transaction Processing*).
    /// When `body` throws, nothing of it is there.
    func batch<Result>(_ body: () throws -> Result) throws -> Result

    /// A number that changes whenever another user of the store, in this process or elsewhere, has
    /// committed something. Asking is cheap, and waits for nobody.
    func dataVersion() throws -> Int

    /// Keeps every other user from beginning a transaction that writes, and waits for the one that is
    /// under way, until what is returned is released.
    ///
    /// - Returns: nil when the store has no writer besides its user.
    /// - Throws: ``StoreError/busy(path:waited:)``.
    func excludeWriters() throws -> (any WritersExclusion)?
}

/// Other writers of a store are kept waiting.
public protocol WritersExclusion {
    /// Lets them go on. It also ends with the process.
    func release()
}

/// One view of several stores: what it shows of all of them was true at one instant.
public enum ConsistentView {
    /// Runs `body` on such a view, while writers go on.
    ///
    /// For a moment it keeps the writers of all stores waiting, so that no transaction is under way
    /// while the views are opened. Whoever needs several stores at once names them in the same order,
    /// or they wait for one another.
    ///
    /// - Parameter stores: in the order in which their locks are taken.
    public static func read<Result>(
        _ stores: [any SharedStore], _ body: ([any Transaction]) throws -> Result
    ) throws -> Result {
        var exclusions: [any WritersExclusion] = []
        func release() {
            for exclusion in exclusions { exclusion.release() }
            exclusions = []
        }
        defer { release() }
        for store in stores {
            if let exclusion = try store.excludeWriters() { exclusions.append(exclusion) }
        }
        func view(
            _ remaining: ArraySlice<any SharedStore>, _ views: [any Transaction]
        ) throws -> Result {
            guard let store = remaining.first else {
                release()
                return try body(views)
            }
            return try store.read { transaction in
                // A view begins with the first read.
                _ = try transaction.hasTable("message")
                return try view(remaining.dropFirst(), views + [transaction])
            }
        }
        return try view(stores[...], [])
    }
}
