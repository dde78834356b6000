package import Tram
internal import TramSQLite

extension CustomersAndOrders {
    /// Deletes the messages that every subscriber has handled; none while a service is away, for what
    /// it has handled may be needed again when its store is made anew.
    ///
    /// - Returns: how many, by service; nothing when a service is away.
    package func purgeOutboxes(
        _ availability: Availability = Availability()
    ) throws -> [(service: String, messages: Int)] {
        try withoutRelay {
            try openForWriting(availability)
            guard availability.reasons.isEmpty else { return [] }
            return try stores.map { store in
                (store.name, try store.write { try Outbox($0).purge() })
            }
        }
    }
}
