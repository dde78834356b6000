package import Tram

/// What waits in a service's outbox.
package struct OutboxStatus: Hashable, Sendable {
    /// The service's name.
    package let service: String
    /// How many messages are pending.
    package let pending: Int
    /// How many of them have a delivery that failed.
    package let failed: Int
    /// How many messages are parked for a subscriber.
    package let parked: Int
    /// The first that a relay would take up, or nil.
    package let next: MessageHeading?
}

extension OutboxStatus {
    /// Reads it from the service's store.
    package init(_ transaction: any Transaction) throws {
        let outbox = Outbox(transaction)
        service = transaction.storeName
        pending = try outbox.pendingCount()
        failed = try outbox.failedCount()
        parked = try outbox.parkedCount()
        next = try outbox.unpublished(after: 0, through: .max, limit: 1).first?.heading
    }
}

extension Workbench {
    /// What waits in each outbox that can be read, in the order in which the relay drains them.
    package func outboxStatus(
        _ availability: Availability = Availability()
    ) throws -> [OutboxStatus] {
        try relay.services.compactMap { service in
            try availability.attempt(service.store) { try $0.read(OutboxStatus.init) }
        }
    }
}
