internal import Tram

/// Measures what a relay does, and reports what fails.
struct DeliveryWatch {
    let metrics: Metrics
    let report: @Sendable (ServerEvent) -> Void
    private var lastMessage: MessageID?

    init(metrics: Metrics, report: @escaping @Sendable (ServerEvent) -> Void) {
        self.metrics = metrics
        self.report = report
    }

    mutating func note(_ event: RelayEvent) {
        if case .unavailable(let service, let reason) = event {
            // One that is only busy is back in a moment.
            if case .busy = reason { return }
            report(.serviceUnavailable(service, reason: "\(reason)"))
        }
        guard case .delivered(let delivery) = event else { return }
        if delivery.message.id != lastMessage {
            metrics.count(.messagesProcessed, ["outbox": delivery.source])
            lastMessage = delivery.message.id
        }
        let outcome = delivery.receipt.outcome
        if outcome == .held { return }
        metrics.count(
            .attempts, ["subscriber": delivery.subscriber ?? "", "outcome": outcome.rawValue])
        if let subscriber = delivery.subscriber, outcome == .duplicate {
            metrics.count(.duplicates, ["subscriber": subscriber])
        }
        if let subscriber = delivery.subscriber, let age = delivery.age, outcome.isDone {
            metrics.observe(
                .eventAge, ["subscriber": subscriber],
                seconds: max(.zero, age) / .seconds(1))
        }
        if outcome.isFailure { report(.deliveryFailed(delivery)) }
    }
}
