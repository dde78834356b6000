extension Relay {
    /// Requires that no store is older than the others know it, and that all of them belong to one
    /// system.
    ///
    /// A relay does this before it delivers anything. A program that changes a store because of
    /// what others say should do the same first, for example before
    /// ``SagaManager/decide(_:_:because:in:)``:
    ///
    /// ```swift
    /// try relay.requireFittingStores()
    /// if let outlook = try relay.outlook(of: saga) { … }
    /// ```
    ///
    /// Each store is read once, without a lock. Since a relay may move something between two of
    /// these reads, a suspicion is checked again on a ``ConsistentView`` of all stores, which makes
    /// their writers wait for a moment. Where not all stores are a ``SharedStore``, the suspicion
    /// itself is thrown.
    ///
    /// - Parameter availability: stores that are away are left out, and noted here.
    /// - Throws: ``StoreError/ofOtherSystem(service:detail:)`` or
    ///   ``StoreError/rolledBack(service:detail:)``; any other ``StoreError`` that does not mean
    ///   that a service is away.
    public func requireFittingStores(_ availability: Availability = Availability()) throws {
        let suspected = try comparison(availability).mismatches(stamp: stamp(availability))
        guard let suspect = suspected.first else { return }
        // A relay may have moved a message between two of the reads: compare again on one view.
        let stores = services.filter { availability.includes($0.name) }.map(\.store)
        let shared = stores.compactMap { $0 as? any SharedStore }
        guard shared.count == stores.count else { throw suspect }
        if let mismatch = try ConsistentView.read(shared, mismatches(in:)).first { throw mismatch }
    }

    /// Requires the same inside a transaction that writes to one of the stores, as far as that
    /// store is concerned.
    ///
    /// While the transaction holds its store, nothing can move between that store and another one,
    /// so the answer stays true until the commit. The other stores are read; a caller that holds
    /// several stores must take them in one order, see ``ConsistentView``.
    ///
    /// - Parameters:
    ///   - transaction: a transaction on the store of one of the services.
    ///   - availability: stores that are away are left out, and noted here.
    /// - Throws: as ``requireFittingStores(_:)``.
    public func requireFittingStores(
        beside transaction: any Transaction, _ availability: Availability = Availability()
    ) throws {
        let own = try StoreFacts(transaction)
        let comparison = try comparison(availability, own)
        let mismatches = try comparison.mismatches(concerning: own.service) { message in
            message.service == own.service
                ? try Outbox(transaction).stamp(of: message.number)
                : try stamp(availability)(message)
        }
        if let mismatch = mismatches.first { throw mismatch }
    }

    /// What does not fit together in the given views of stores; empty when everything does.
    package func mismatches(in views: [any Transaction]) throws -> [StoreError] {
        try StoreComparison(stores: views.map(StoreFacts.init)).mismatches { message in
            guard let view = views.first(where: { $0.storeName == message.service }) else {
                return nil
            }
            return try Outbox(view).stamp(of: message.number)
        }
    }

    /// The facts of all stores that can be read, one after another.
    ///
    /// - Parameter own: those of the store that the caller holds, which must not be read a second
    ///   time.
    private func comparison(
        _ availability: Availability, _ own: StoreFacts? = nil
    ) throws -> StoreComparison {
        StoreComparison(
            stores: try services.compactMap { service in
                if let own, own.service == service.name { return own }
                return try availability.attempt(service.store) { try $0.read(StoreFacts.init) }
            })
    }

    /// Looks up what a message's row says in its own store; nil when that store is away, or no
    /// longer has the row.
    private func stamp(_ availability: Availability) -> (MessageID) throws -> MessageStamp? {
        { message in
            guard let source = services.first(where: { $0.name == message.service }) else {
                return nil
            }
            return try availability.attempt(source.store) {
                try $0.read { try Outbox($0).stamp(of: message.number) }
            } ?? nil
        }
    }
}
