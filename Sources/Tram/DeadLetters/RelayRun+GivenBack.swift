/// Messages that subscribers had stashed, and that failed when they were resumed.
///
/// A stashed message counts as handled, so its outbox has published it. When resuming it fails, its
/// subscriber gives it back: the stash marks it (column `returned`), and its outbox makes it
/// pending again, where failures are counted and dead letters kept. These are two stores, so a
/// process may die between the two steps; the mark is therefore looked at before every pass.
extension RelayRun {
    /// Makes messages pending again whose subscriber has given them back, if that was not done yet.
    ///
    /// - Returns: the services whose messages these are. The run starts over with their outboxes,
    ///   since the messages may lie before its cursor.
    @discardableResult
    func takeBackGivenBack() throws -> Set<String> {
        var sources: Set<String> = []
        for service in services {
            for subscriber in service.subscribers.compactMap({ service.stashing[$0.id] }) {
                let messages = try availability.attempt(service.store) {
                    try $0.read { try subscriber.givenBack(in: $0) }
                }
                for message in messages ?? [] {
                    if try takeBack(message, from: subscriber, of: service) {
                        sources.insert(message.service)
                    }
                }
            }
        }
        return sources
    }

    /// Makes one message pending again, or drops it from the stash if an operator has discarded it;
    /// then its saga's next one is given back.
    ///
    /// - Returns: whether the message, or its saga's next one, has become pending by this.
    private func takeBack(
        _ message: MessageID, from subscriber: any StashingSubscriber, of service: Service
    ) throws -> Bool {
        guard let source = services.first(where: { $0.name == message.service }) else {
            return false
        }
        let discarded = try availability.attempt(source.store) {
            try $0.read { try Outbox($0).discarded(of: message) }
        }
        guard let discarded else { return false }
        guard discarded.contains(subscriber.id) else {
            return try reopen(message, in: source)
        }
        let next = try availability.attempt(service.store) { store in
            try store.write { try subscriber.drop(message, in: $0) }
            return try store.read { try subscriber.givenBack(in: $0) }
        }
        // To drop a command gives back the next one of its saga, which must not wait for another
        // pass.
        return try (next ?? []).filter { $0.service == source.name && $0 != message }
            .map { try reopen($0, in: source) }.contains(true)
    }

    /// - Returns: whether the message was published; otherwise it is pending already.
    private func reopen(_ message: MessageID, in source: Service) throws -> Bool {
        try availability.attempt(source.store) { store in
            guard
                try store.read({ try Outbox($0).message(message.number) })?.isPublished == true
            else { return false }
            try store.write { try Outbox($0).markUnpublished([message]) }
            return true
        } ?? false
    }
}
