extension Relay {
    /// Requires that no store is older than the others know it, and that all belong to one system: what
    /// a relay asks before it delivers anything. Whoever changes a store by what others say of it should
    /// ask the same, for example before ``SagaManager/decide(_:_:because:in:)``.
    ///
    /// - Throws: ``StoreError/ofOtherSystem(service:detail:)``, ``StoreError/rolledBack(service:detail:)``;
    ///   another one when a store cannot be read for a reason for which a service is not away.
    public func requireFittingStores(_ availability: Availability = Availability()) throws {
        let suspected = try comparison(availability).mismatches(stamp: stamp(availability))
        guard let suspect = suspected.first else { return }
        // A relay may have moved something between two looks.
        let stores = services.filter { availability.includes($0.name) }.map(\.store)
        let shared = stores.compactMap { $0 as? any SharedStore }
        guard shared.count == stores.count else { throw suspect }
        if let mismatch = try ConsistentView.read(shared, mismatches(in:)).first { throw mismatch }
    }

    /// The same inside a transaction that writes to one of the stores, as far as that store is concerned:
    /// while it is held, nothing can move between it and another one.
    ///
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

    /// What does not fit together in what stores know of one another, on views of them.
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
    /// - Parameter own: those of a store that is held.
    private func comparison(
        _ availability: Availability, _ own: StoreFacts? = nil
    ) throws -> StoreComparison {
        StoreComparison(
            stores: try services.compactMap { service in
                if let own, own.service == service.name { return own }
                return try availability.attempt(service.store) { try $0.read(StoreFacts.init) }
            })
    }

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
