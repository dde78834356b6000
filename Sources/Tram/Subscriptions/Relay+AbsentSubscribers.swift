/// What is still to be brought to subscribers that stores know and the program does not have.
extension Relay {
    /// By subscriber of a service: the number after which messages of a source were published without it.
    /// Only subscribers are told that the program has neither now nor by a former id.
    ///
    /// A subscriber that the program has in another service is not told: it gets its messages there, and
    /// could not be removed.
    ///
    /// - Parameters:
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
