extension Relay {
    /// What subscribers wait for up to a deadline, in words: at most `limit` for each of them.
    public func deadlines(
        limit: Int, _ availability: Availability = Availability()
    ) throws -> [String] {
        try timedSubscribers.flatMap { service, subscriber in
            try availability.attempt(service.store) {
                try $0.read {
                    try subscriber.awaited(overdueAt: nil, after: nil, limit: limit, in: $0)
                }
            }?.map(\.description) ?? []
        }
    }

    var timedSubscribers: [(service: Service, subscriber: any TimedSubscriber)] {
        services.flatMap { service in
            service.subscribers.compactMap { subscriber in
                (subscriber as? any TimedSubscriber).map { (service, $0) }
            }
        }
    }
}
