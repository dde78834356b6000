import Tram

/// The Flight Service: a flight to each city, with so many seats.
enum Flights {
    static let tables = [
        "CREATE TABLE flight (city TEXT PRIMARY KEY, seats INTEGER NOT NULL CHECK (seats >= 0)) STRICT",
        """
        CREATE TABLE seat (
            trip INTEGER PRIMARY KEY,
            traveller TEXT NOT NULL,
            city TEXT NOT NULL REFERENCES flight (city),
            is_mailed INTEGER NOT NULL DEFAULT 0 CHECK (is_mailed IN (0, 1))
        ) STRICT
        """,
        "INSERT INTO flight VALUES ('Lisbon', 2), ('Oslo', 2), ('Porto', 2), ('Rome', 0)",
    ]

    static let handlers = CommandHandlers(
        "flights", on: .flights,
        [
            .on(BookSeat.self) { command, transaction in
                guard try left(in: transaction)[command.city, default: 0] > 0 else {
                    let reason = "no seat left to \(command.city)"
                    throw Refusal(Unavailable(reason: reason), reason)
                }
                try transaction.execute(
                    """
                    INSERT INTO seat (trip, traveller, city)
                    VALUES (\(command.trip), \(command.traveller), \(command.city))
                    """)
                return .success(
                    Done(), "seat to \(command.city) booked for \(command.traveller)")
            },
            .on(MailTicket.self) { command, transaction in
                let seat = try transaction.rows(
                    """
                    UPDATE seat SET is_mailed = 1 WHERE trip = \(command.trip) RETURNING traveller
                    """
                ).first
                guard let traveller: String = try seat?.values() else {
                    throw StoreError.unexpectedRow("trip \(command.trip) has no seat")
                }
                return .noReply("ticket mailed to \(traveller)")
            },
        ])

    /// How many seats are left, by city.
    static func left(in transaction: any Transaction) throws -> [String: Int] {
        try transaction.rows(
            """
            SELECT city, seats - (SELECT count(*) FROM seat WHERE seat.city = flight.city)
            FROM flight
            """
        ).reduce(into: [:]) { left, row in
            let (city, seats): (String, Int) = try row.values()
            left[city] = seats
        }
    }
}
