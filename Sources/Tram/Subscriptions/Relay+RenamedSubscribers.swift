/// Subscribers that have got another id (``Subscriber/formerIDs``): what stores know of them by the
/// old one follows to the new one.
extension Relay {
    /// Lets what stores know of a subscriber by a former id follow it to its present one.
    ///
    /// It is done before every pass, and each store is looked at for itself: a process may have
    /// died between two of them, and an older program may have run since. When there is nothing to
    /// do, it costs one short read for each former id and store.
    func followRenamedSubscribers(_ availability: Availability) throws {
        for service in services {
            for subscriber in service.subscribers {
                for former in subscriber.formerIDs {
                    try follow(former, to: subscriber.id, of: service, availability)
                }
            }
        }
    }

    /// Lets the outboxes follow first, then the subscriber's own store. Their order does not
    /// matter: no delivery is made in between, and each is looked at again.
    private func follow(
        _ former: String, to id: String, of service: Service, _ availability: Availability
    ) throws {
        for source in services {
            _ = try availability.attempt(source.store) { store in
                guard try store.read({ try Outbox($0).knows(former) }) else { return }
                try store.write { try Outbox($0).rename(former, to: id) }
            }
        }
        let isMoved = try availability.attempt(service.store) { store in
            guard try store.read({ try Subscriptions($0).mustRename(former, to: id) }) else {
                return false
            }
            try store.write {
                try Subscriptions($0).rename(former, to: id, sources: services.map(\.name))
            }
            return true
        }
        if isMoved ?? false { try settleLetters(of: id, at: service, availability) }
    }

    /// Removes dead letters of messages that were handled. Both ids may have had the same message,
    /// and parked it under one of them only.
    private func settleLetters(
        of id: String, at service: Service, _ availability: Availability
    ) throws {
        for source in services {
            let letters =
                try availability.attempt(source.store) {
                    try $0.read {
                        try Outbox($0).deadLetters(after: nil, subscriber: id, limit: .max)
                    }
                }.map { $0.map { MessageID(service: source.name, number: $0.message) } } ?? []
            if letters.isEmpty { continue }
            let handled = try availability.attempt(service.store) { store in
                try store.read { transaction in
                    try letters.filter { try Inbox(transaction).contains($0, for: id) }
                }
            }
            guard let handled else { continue }
            _ = try availability.attempt(source.store) { store in
                try store.write { transaction in
                    try Outbox(transaction).takeBackSettledLetters(of: id) { handled.contains($0) }
                }
            }
        }
    }
}
