package import Tram
internal import TramSQLite

extension CustomersAndOrders {
    /// Deletes the messages that every subscriber has handled.
    ///
    /// - Returns: how many, by service.
    package func purgeOutboxes(
        _ availability: Availability = Availability()
    ) throws -> [(service: String, messages: Int)] {
        try withoutRelay {
            try stores.compactMap { store in
                try availability.attempt(store) { _ in
                    (store.name, try store.write { try Outbox($0).purge() })
                }
            }
        }
    }
}
