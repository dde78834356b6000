/// One thing that is measured, with the name by which Prometheus knows it. A new one is added here, and
/// measured where it happens.
struct Metric: Hashable, Sendable {
    let name: String
    let kind: Kind
    /// What it means, in one sentence.
    let help: String

    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}

// The names are those of the original's CDC service, in Prometheus' spelling, where they mean the same; the
// others begin with `tram`.
extension Metric {
    static let messagesProcessed = Metric(
        "eventuate_cdc_messages_processed_total", .counter,
        "Messages that this server's relay has taken from an outbox; a failed one, each time.")
    static let duplicates = Metric(
        "eventuate_cdc_events_duplicates_total", .counter,
        "Deliveries of messages that the subscriber had handled before.")
    static let eventAge = Metric(
        "eventuate_cdc_event_age_seconds", .histogram,
        "How long ago a message was sent, when it was delivered.")
    static let leader = Metric(
        "eventuate_cdc_leader", .gauge,
        "Whether this server's relay delivers messages (1), or waits to be asked (0).")
    static let backlog = Metric(
        "tram_outbox_backlog", .gauge, "Pending messages in an outbox, now.")
    static let failed = Metric(
        "tram_outbox_failed", .gauge,
        "Pending messages in an outbox whose last delivery has failed, now.")
    static let parked = Metric(
        "tram_outbox_parked", .gauge,
        "Messages in an outbox that are parked for a subscriber, now.")
    static let attempts = Metric(
        "tram_delivery_attempts_total", .counter,
        "Deliveries that this server's relay has tried, by what came of them.")
    static let deliveryTime = Metric(
        "tram_delivery_seconds", .histogram,
        "How long a transaction of the relay took to deliver its messages, before its commit.")
    static let commitTime = Metric(
        "tram_commit_seconds", .histogram, "How long a commit took, until it was durable.")
    static let lockWait = Metric(
        "tram_lock_wait_seconds", .histogram,
        "How long a transaction waited for the other writers of its store.")
    static let requests = Metric(
        "tram_http_requests_total", .counter, "Requests that were answered.")
    static let requestTime = Metric(
        "tram_http_request_seconds", .histogram,
        "How long a request took, from its head to the beginning of its answer.")
    static let serviceAvailable = Metric(
        "tram_service_available", .gauge,
        "Whether a service's store can be read (1), or the others go on without it (0), now. "
            + "What is told of an outbox or of sagas lacks those of services that are away.")
    static let sagasNeedingHelp = Metric(
        "tram_sagas_needing_help", .gauge,
        "Sagas that will not move unless somebody helps, by what they need, now.")
    static let purged = Metric(
        "tram_purged_total", .counter,
        "Rows that this server's purges have freed: messages, inbox rows, sagas and keys.")

    /// In the order in which they are told.
    static let all = [
        messagesProcessed, duplicates, eventAge, leader, backlog, failed, parked, attempts,
        deliveryTime, commitTime, lockWait, requests, requestTime, serviceAvailable,
        sagasNeedingHelp, purged,
    ]
}
