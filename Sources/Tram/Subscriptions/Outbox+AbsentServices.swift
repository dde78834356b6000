/// What an outbox knows of services that were away when its messages were published. Their stores may
/// know subscribers that the program does not have, and these have missed the messages.
extension Outbox {
    /// Notes that messages are published while services are away, in the transaction that marks them.
    ///
    /// - Parameter number: the number of the first of these messages.
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

    /// By service: the number after which messages were published while it was away, and its
    /// subscribers have not been looked at since.
    package func absentServices() throws -> [String: Int] {
        try transaction.rows("SELECT service, published_after FROM absent_service").reduce(
            into: [:]
        ) { absences, row in
            let (service, after): (String, Int) = try row.values()
            absences[service] = after
        }
    }

    /// Forgets that a service was away: whoever has missed messages gets them.
    func forget(absent service: String) throws {
        try transaction.execute("DELETE FROM absent_service WHERE service = \(service)")
    }
}
