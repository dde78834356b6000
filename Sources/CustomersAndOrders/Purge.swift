internal import Tram
internal import TramSQLite

extension CustomersAndOrders {
    /// Deletes the messages that every subscriber has handled.
    ///
    /// - Returns: how many, by service.
    package func purgeOutboxes() throws -> [(service: String, messages: Int)] {
        try withoutRelay {
            try stores.map { store in
                (store.name, try store.write { try Outbox($0).purge() })
            }
        }
    }
}
