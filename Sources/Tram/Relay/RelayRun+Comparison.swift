/// Before the first message of a run moves, the stores are compared: one that was put back from an
/// older copy, or belongs to another system, would mix up messages for good.
extension RelayRun {
    /// Compares what the stores know of one another. Stores that meet for the first time become one
    /// system.
    ///
    /// A store whose file was replaced while it was open throws ``StoreError/moved(path:)`` once
    /// and is then opened anew; what is there now is compared like any other.
    ///
    /// - Returns: the identities of the stores that can be used, by service.
    /// - Throws: ``StoreError/ofOtherSystem(service:detail:)``,
    ///   ``StoreError/rolledBack(service:detail:)``; any other error of a store that does not mean
    ///   that its service is away.
    func compareStores() throws -> [String: StoreIdentity] {
        let facts = try services.compactMap { service in
            try availability.attempt(service.store) { store in
                do {
                    return try store.read(StoreFacts.init)
                } catch StoreError.moved {
                    // The file was replaced. What is there now is compared like any other store.
                    return try store.read(StoreFacts.init)
                }
            }
        }
        let comparison = StoreComparison(stores: facts)
        let mismatches = try comparison.mismatches { message in
            guard let source = services.first(where: { $0.name == message.service }) else {
                return nil
            }
            return try availability.attempt(source.store) {
                try $0.read { try Outbox($0).stamp(of: message.number) }
            } ?? nil
        }
        if let mismatch = mismatches.first { throw mismatch }
        try introduce(comparison)
        return Dictionary(uniqueKeysWithValues: facts.map { ($0.service, $0.identity) })
    }

    /// Tells the stores which system they belong to, and which services it has, where they do not
    /// know it yet.
    ///
    /// The name of a new system is the incarnation of its first store. Only a relay of the whole
    /// system may found one; a relay of a part can only pass on what some store already knows. Each
    /// store is told in a transaction of its own, and a crash in between leaves the rest to the
    /// next run.
    private func introduce(_ comparison: StoreComparison) throws {
        let known = Set(comparison.stores.flatMap(\.identity.members))
        let members = relay.isWholeSystem ? known.union(services.map(\.name)) : known
        let own = relay.isWholeSystem ? comparison.stores.first?.identity.incarnation : nil
        guard let system = comparison.system ?? own else { return }
        for service in services {
            let facts = comparison.stores.first { $0.service == service.name }
            guard let facts, facts.identity.system != system || facts.identity.members != members
            else { continue }
            _ = try availability.attempt(service.store) {
                try $0.write { try Identities($0).join(system, members: members) }
            }
        }
        try complete(comparison)
    }

    /// Completes positions that were noted before stores had incarnations. What such a position
    /// lacks is what its source says now: the comparison has just found that the two fit together.
    private func complete(_ comparison: StoreComparison) throws {
        for service in services {
            let facts = comparison.stores.first { $0.service == service.name }
            for position in facts?.sources ?? [] where position.incarnation == nil {
                guard let source = comparison.stores.first(where: { $0.service == position.source })
                else { continue }
                let store = services.first { $0.name == position.source }?.store
                let digest = try store.flatMap { store in
                    try availability.attempt(store) {
                        try $0.read { try Outbox($0).stamp(of: position.through)?.digest }
                    } ?? nil
                }
                let completed = SourcePosition(
                    source: position.source, incarnation: source.identity.incarnation,
                    through: position.through, digest: digest, counters: source.counters)
                _ = try availability.attempt(service.store) {
                    try $0.write { try Positions($0).note(completed) }
                }
            }
        }
    }
}
