/// What is published, and subscribers of the program are still to get: they have not begun yet, or another
/// program has published it without them. The next relay brings it.
package struct MissedMessages: Sendable {
    /// The number after which a subscriber may have missed messages of a source.
    private var after: [Subscription.Key: Int] = [:]

    /// Nothing was missed.
    package init() {}

    /// Reads what the services' stores say.
    ///
    /// - Parameter views: those of the stores, at one instant.
    package init(of services: [Service], in views: [any Transaction]) throws {
        let absences = try views.reduce(into: [:]) {
            $0[$1.storeName] = try Outbox($1).absentServices()
        }
        for service in services {
            guard let view = views.first(where: { $0.storeName == service.name }) else { continue }
            let subscriptions = Subscriptions(view)
            let begun = try subscriptions.all()
            for subscriber in service.subscribers {
                // What a former id has begun with is the present one's when the next relay has run.
                let ids = [subscriber.id] + subscriber.formerIDs
                let own = begun.filter { ids.contains($0.subscriber) }
                // Stores of before remember only what was handled.
                let hasBegunBefore =
                    try own.isEmpty && ids.contains(where: subscriptions.hasHandledAnything)
                for source in services.map(\.name) {
                    let here = own.filter { $0.source == source }
                    let missed =
                        here.isEmpty && !hasBegunBefore
                        ? [0] : here.compactMap(\.missedAfter)
                    let first = (missed + [absences[source]?[service.name]].compactMap { $0 }).min()
                    after[Subscription.Key(subscriber: subscriber.id, source: source)] = first
                }
            }
        }
    }

    /// Whether a subscriber may have missed a message, and gets it from the next relay.
    package func include(_ message: MessageID, for subscriber: String) -> Bool {
        after[Subscription.Key(subscriber: subscriber, source: message.service)].map {
            message.number > $0
        } ?? false
    }
}
