/// A store that other users may work on at the same time, in this process and elsewhere.
///
/// It adds to ``Store`` what servers, watching relays and operators' tools need: to share a commit,
/// to notice changes cheaply, and to see several stores at one instant. A relay itself needs only
/// `Store`.
///
/// A kind of store keeps the promises of its `Store` and these; `StoreContract` in `TramTesting`
/// tests them. What a store knows of itself and of others (``Identities``, ``Positions``, digests)
/// are rows, and the same for all kinds.
public protocol SharedStore: Store {
    /// Runs `body` with every `write` inside it made a part of one transaction.
    ///
    /// A `write` that throws is undone by itself. All the others become durable together when this
    /// returns, so that durability is waited for once (group commit, after Gray and Reuter,
    /// *Transaction Processing*). A result of a `write` must therefore not be told to anybody
    /// before this returns.
    ///
    /// - Throws: what `body` throws, or the error of the commit; then nothing of it is there.
    func batch<Result>(_ body: () throws -> Result) throws -> Result

    /// A number that changes whenever another user of the store, in this process or elsewhere, has
    /// committed something.
    ///
    /// Compare it with the one before; its value says nothing else, and two objects may have
    /// different numbers for one store. It may also change without a commit. Asking is cheap and
    /// waits for nobody, so a relay can ask several times a second whether there is anything to do.
    func dataVersion() throws -> Int

    /// Keeps every other user from beginning a transaction that writes, after waiting for the one
    /// that is under way, until what is returned is released.
    ///
    /// - Returns: nil when the store has no writer besides its user.
    /// - Throws: ``StoreError/busy(path:waited:)`` when the transaction under way takes longer than
    ///   the store was told to wait.
    func excludeWriters() throws -> (any WritersExclusion)?
}

/// The writers of a store are kept waiting for as long as this is not released.
public protocol WritersExclusion {
    /// Lets the writers go on. The end of the process does the same.
    func release()
}

/// Views of several stores that show what was true at one instant.
///
/// Two reads of two stores, one after the other, may show a message in the inbox of one and not in
/// the outbox of the other, or money that is in neither account. Audits and copies of a whole
/// system need better:
///
/// ```swift
/// try ConsistentView.read([orders, customers]) { views in
///     let (orders, customers) = (views[0], views[1])
///     …
/// }
/// ```
public enum ConsistentView {
    /// Runs `body` on such views, in the order of the stores, while writers go on.
    ///
    /// For a moment, the writers of all stores are kept waiting, so that no transaction is under
    /// way while the views are opened. They go on before `body` begins, which may take its time.
    ///
    /// - Parameters:
    ///   - stores: in the order in which their locks are taken. Whoever needs several stores at
    ///     once must name them in the same order, or two of them wait for one another until one
    ///     gives up.
    ///   - body: is given one transaction for each store, which only reads.
    /// - Throws: ``StoreError/busy(path:waited:)`` when a writer takes too long; what `body`
    ///   throws.
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
                // A view begins with the first read, not with the transaction; the writers must not
                // go on before.
                _ = try transaction.hasTable("message")
                return try view(remaining.dropFirst(), views + [transaction])
            }
        }
        return try view(stores[...], [])
    }
}
