/// Messages that subscribers had set aside, and could not go on with.
extension RelayRun {
    /// Makes messages pending again that their subscriber had set aside and could not go on with: also
    /// where a process has died between the two.
    ///
    /// - Returns: the services whose messages these are.
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

    /// - Returns: whether the message, or its saga's next one, is pending only now.
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
        // The next one of its saga is given back now.
        return try (next ?? []).filter { $0.service == source.name && $0 != message }
            .map { try reopen($0, in: source) }.contains(true)
    }

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
