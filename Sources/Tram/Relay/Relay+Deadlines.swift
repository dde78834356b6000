extension Relay {
    /// What subscribers wait for up to a deadline, in words, for a tool that shows it: for example
    /// `CreateOrderSaga 1 for the reply to orders-7`.
    ///
    /// - Parameters:
    ///   - limit: how many at most for each subscriber; the nearest deadlines come first.
    ///   - availability: subscribers of services that are away are left out.
    /// - Throws: an error of a store that does not mean that its service is away.
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

    /// The subscribers that wait for time to pass, with their services, in the order of the relay.
    var timedSubscribers: [(service: Service, subscriber: any TimedSubscriber)] {
        services.flatMap { service in
            service.subscribers.compactMap { subscriber in
                (subscriber as? any TimedSubscriber).map { (service, $0) }
            }
        }
    }
}
