internal import OrderHistory
internal import Platform
package import Tram
internal import TramSQLite
internal import TramWorkbench

/// Why the view was not rebuilt. It is as it was.
package enum HistoryRebuildError: Error {
    /// Messages of this service have been purged, so its outbox no longer tells the whole past.
    case incomplete(service: String)
}

/// What a rebuilt view was made of.
package struct HistoryRebuild: Sendable {
    /// How many events went into it.
    package var events = 0
    /// The events that could not be read, and why. The view is without them.
    package var skipped: [(message: MessageID, error: String)] = []
    /// The services whose outboxes no longer tell the whole past.
    package var incomplete: [String] = []
}

extension CustomersAndOrders {
    /// Builds the view again from the services' outboxes: from the events that it had heard of, in
    /// one transaction. What is pending stays so, and the relay brings it. A view that cannot be used
    /// is made anew.
    ///
    /// - Parameter incomplete: whether to make what the outboxes still tell when messages have been
    ///   purged.
    /// - Throws: ``HistoryRebuildError``.
    package func rebuildHistory(incomplete: Bool = false) throws -> HistoryRebuild {
        try stores.withRelayLock {
            let sources = [
                workbench.service(ServiceName.customer), workbench.service(ServiceName.order),
            ]
            let gaps = try sources.filter { source in
                try source.store.read { try !Outbox($0).isComplete() }
            }
            if !incomplete, let source = gaps.first {
                throw HistoryRebuildError.incomplete(service: source.name)
            }
            guard try canUseHistory() else { return try replaceHistory(sources, gaps) }
            return try historyStore.write { try rebuild(from: sources, gaps: gaps, in: $0) }
        }
    }

    /// Whether the view's store can be used: it is there, it is sound, and it is of this system.
    private func canUseHistory() throws -> Bool {
        let availability = Availability()
        let identity = try availability.attempt(historyStore) { store -> StoreIdentity? in
            do {
                return try store.read { try Identities($0).own() }
            } catch StoreError.foreign, StoreError.unexpectedRow {
                return nil
            }
        }
        if let error = availability.reasons[ServiceName.history] {
            switch error {
            case .missing, .damaged, .moved: return false
            default: throw error
            }
        }
        guard let identity = identity ?? nil else { return false }
        let system = try orderStore.read { try Identities($0).own() }.system
        return identity.system == nil || system == nil || identity.system == system
    }

    /// Makes a new store of the view beside the old one, and puts it in its place.
    private func replaceHistory(
        _ sources: [Service], _ gaps: [Service]
    ) throws -> HistoryRebuild {
        try stores.replace(historyStore) { store in
            let known = try sources.flatMap { source in
                try source.store.read { try Positions($0).subscribers() }
            }.filter { $0.service == ServiceName.history }.map(\.incarnation)
            let home = try orderStore.read { try Identities($0).own() }
            return try store.write { transaction in
                let identities = Identities(transaction)
                if let system = home.system { try identities.join(system, members: home.members) }
                try identities.succeed(Set(known))
                return try rebuild(from: sources, gaps: gaps, in: transaction)
            }
        }
    }

    private func rebuild(
        from sources: [Service], gaps: [Service], in transaction: any Transaction
    ) throws -> HistoryRebuild {
        try OrderHistoryService.clear(in: transaction)
        var result = HistoryRebuild()
        for source in gaps {
            result.incomplete.append(source.name)
            try OrderHistoryService.noteGap(
                of: source.name, through: source.store.read { try Outbox($0).purgedThrough() },
                in: transaction)
        }
        for source in sources { try replay(source, into: &result, in: transaction) }
        return result
    }

    private func replay(
        _ source: Service, into result: inout HistoryRebuild, in transaction: any Transaction
    ) throws {
        let view = OrderHistoryService.handlers
        let inbox = Inbox(transaction)
        var last: Message?
        var after = 0
        while true {
            let (page, notes) = try source.store.read { transaction in
                let outbox = Outbox(transaction)
                let page = try outbox.messages(after: after, limit: pageSize)
                guard let first = page.first, let last = page.last else {
                    return (page, DeliveryNotes())
                }
                let numbers = first.message.id.number...last.message.id.number
                return (page, try outbox.notes(numbers))
            }
            guard let end = page.last else { break }
            for entry in page {
                var message = entry.message
                let key = DeliveryNotes.Key(
                    message: message.id.number, subscriber: view.id)
                // What an operator has decided about a delivery to the view still holds.
                if notes.discarded.contains(key) { continue }
                if let payload = notes.edits[key] { message = message.replacing(payload: payload) }
                guard view.accepts(type: message.type, from: message.destination),
                    try entry.isPublished || !notes.isFor(key)
                        || inbox.contains(message.id, for: view.id)
                else { continue }
                last = message
                do {
                    try transaction.savepoint {
                        if let defect = message.defect { throw WireFormatError(defect) }
                        let outcome = try view.handle(message, in: transaction)
                        _ = try inbox.record(
                            message.id, digest: message.digest, for: view.id, outcome: outcome)
                    }
                    result.events += 1
                } catch let error as StoreError where error.isFailureOfStore {
                    throw error
                } catch {
                    result.skipped.append((message.id, "\(error)"))
                }
            }
            after = end.message.id.number
        }
        try notePosition(of: source, last, in: transaction)
    }

    /// The view has now seen all that was ever delivered to it.
    private func notePosition(
        of source: Service, _ last: Message?, in transaction: any Transaction
    ) throws {
        let (identity, delivered, counters) = try source.store.read { view in
            (
                try Identities(view).own(),
                try Positions(view).subscribers().first { $0.service == ServiceName.history },
                try view.counters()
            )
        }
        let through = max(delivered?.through ?? 0, last?.id.number ?? 0)
        if through == 0 { return }
        try Positions(transaction).note(
            SourcePosition(
                source: source.name, incarnation: identity.incarnation, through: through,
                digest: last?.id.number == through ? last?.digest : nil, counters: counters))
    }
}
