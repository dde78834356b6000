package import Tram

/// What waits in a service's outbox.
package struct OutboxStatus: Hashable, Sendable {
    /// The service's name.
    package let service: String
    /// How many messages are pending.
    package let pending: Int
    /// How many of them have a delivery that failed.
    package let failed: Int
    /// The first that is pending, or nil.
    package let next: MessageHeading?
}

extension CustomersAndOrders {
    /// What waits in each outbox, in the order in which the relay drains them.
    package func outboxStatus() throws -> [OutboxStatus] {
        try relay.services.map { service in
            try service.store.read { transaction in
                let outbox = Outbox(transaction)
                return OutboxStatus(
                    service: service.name, pending: try outbox.unpublishedCount(),
                    failed: try outbox.failedCount(),
                    next: try outbox.unpublished(after: 0, through: .max, limit: 1).first?.heading)
            }
        }
    }
}
