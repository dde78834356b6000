/// Services that were away when messages of this outbox were published.
///
/// A message is published when all subscribers of the program have handled it. But the store of an
/// absent service may know further subscribers, which another version of the program has, and
/// nobody could ask it. A row of `absent_service` remembers that; when the service is back, those
/// subscribers are looked up and get what they have missed.
extension Outbox {
    /// Notes that messages are published while services are away, in the transaction that marks
    /// them.
    ///
    /// Only the lowest number is kept for each service.
    ///
    /// - Parameters:
    ///   - services: those that are away.
    ///   - number: the number of the first of these messages.
    func note(absent services: Set<String>, publishing number: Int) throws {
        for service in services.sorted() {
            try transaction.execute(
                """
                INSERT INTO absent_service (service, published_after)
                VALUES (\(service), \(number - 1))
                ON CONFLICT (service) DO UPDATE SET published_after = excluded.published_after
                WHERE absent_service.published_after > excluded.published_after
                """)
        }
    }

    /// The number after which messages were published without a service, for each that was away and
    /// whose subscribers have not been looked at since.
    package func absentServices() throws -> [String: Int] {
        try transaction.rows("SELECT service, published_after FROM absent_service").reduce(
            into: [:]
        ) { absences, row in
            let (service, after): (String, Int) = try row.values()
            absences[service] = after
        }
    }

    /// Forgets that a service was away, once everybody who has missed messages gets them.
    func forget(absent service: String) throws {
        try transaction.execute("DELETE FROM absent_service WHERE service = \(service)")
    }
}
