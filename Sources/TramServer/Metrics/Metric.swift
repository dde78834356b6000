/// What is measured. The names are those of the original's CDC service, in Prometheus' spelling,
/// where they mean the same; the others begin with `tram`.
enum Metric: String, CaseIterable, Sendable {
    case messagesProcessed = "eventuate_cdc_messages_processed_total"
    case duplicates = "eventuate_cdc_events_duplicates_total"
    case eventAge = "eventuate_cdc_event_age_seconds"
    case leader = "eventuate_cdc_leader"
    case backlog = "tram_outbox_backlog"
    case failed = "tram_outbox_failed"
    case parked = "tram_outbox_parked"
    case attempts = "tram_delivery_attempts_total"
    case deliveryTime = "tram_delivery_seconds"
    case commitTime = "tram_commit_seconds"
    case lockWait = "tram_lock_wait_seconds"
    case requests = "tram_http_requests_total"
    case requestTime = "tram_http_request_seconds"

    enum Kind: String {
        case counter, gauge, histogram
    }

    var kind: Kind {
        switch self {
        case .messagesProcessed, .duplicates, .attempts, .requests: .counter
        case .leader, .backlog, .failed, .parked: .gauge
        case .eventAge, .deliveryTime, .commitTime, .lockWait, .requestTime: .histogram
        }
    }

    var help: String {
        switch self {
        case .messagesProcessed:
            "Messages that this server's relay has taken from an outbox; a failed one, each time."
        case .duplicates: "Deliveries of messages that the subscriber had handled before."
        case .eventAge: "How long ago a message was sent, when it was delivered."
        case .leader: "Whether this server's relay delivers messages (1), or waits to be asked (0)."
        case .backlog: "Pending messages in an outbox, now."
        case .failed: "Pending messages in an outbox whose last delivery has failed, now."
        case .parked: "Messages in an outbox that are parked for a subscriber, now."
        case .attempts: "Deliveries that this server's relay has tried, by what came of them."
        case .deliveryTime:
            "How long a transaction of the relay took to deliver its messages, before its commit."
        case .commitTime: "How long a commit took, until it was durable."
        case .lockWait: "How long a transaction waited for the other writers of its store."
        case .requests: "Requests that were answered."
        case .requestTime: "How long a request took, from its head to the beginning of its answer."
        }
    }
}
