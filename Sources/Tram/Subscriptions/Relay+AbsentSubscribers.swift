/// Subscribers that stores know and the program does not have, and the messages that are kept for
/// them.
extension Relay {
    /// The subscribers of a service that may have missed messages of a source, and the number after
    /// which they may.
    ///
    /// Only subscribers that the program has neither now nor by a former id are reported. One that
    /// it has in another service is not: it gets its messages there, and could not be removed.
    ///
    /// - Parameters:
    ///   - service: the service in whose store the subscribers are known.
    ///   - source: the service whose messages they may have missed.
    ///   - absentAfter: what the source has noted of the service: see ``Outbox/absentServices()``.
    ///   - transaction: one in the service's store.
    func missed(
        at service: Service, from source: String, absentAfter: Int?, _ transaction: any Transaction
    ) throws -> [(subscriber: String, after: Int)] {
        let present = Set(services.flatMap(\.subscribers).flatMap { [$0.id] + $0.formerIDs })
        return try Subscriptions(transaction).all().compactMap { subscription in
            guard subscription.source == source, !present.contains(subscription.subscriber) else {
                return nil
            }
            let notes = [
                subscription.missedAfter, absentAfter.map { max($0, subscription.after) },
            ]
            return notes.compactMap { $0 }.min().map { (subscription.subscriber, $0) }
        }
    }
}
