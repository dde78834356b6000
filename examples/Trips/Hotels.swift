import Tram

/// The Hotel Service: it has rooms, and desks that do not answer every time.
enum Hotels {
    static let tables =
        Stock.tables + [
            """
            INSERT INTO stock VALUES
                ('Lisbon', 2), ('Malta', 1), ('Oslo', 1), ('Porto', 1), ('Rome', 1)
            """,
            // How many of the next requests a desk leaves unanswered.
            "CREATE TABLE desk (city TEXT PRIMARY KEY, misses INTEGER NOT NULL CHECK (misses >= 0)) STRICT",
            "INSERT INTO desk VALUES ('Malta', 3), ('Porto', 1)",
        ]

    /// Until a trip has ended, its room may be given back. The lock makes others wait that long for a
    /// room in that city, instead of refusing them what may become free again.
    static let handlers = CommandHandlers(
        "hotels", on: .hotels,
        [
            .on(BookRoom.self, locking: { "hotel/\($0.city)" }) { command, transaction in
                let misses = try transaction.execute(
                    """
                    UPDATE desk SET misses = misses - 1
                    WHERE city = \(command.city) AND misses > 0
                    """)
                if misses > 0 { return .noReply("nobody is at the desk in \(command.city)") }
                return try Stock(transaction).book("room in", command.city, forTrip: command.tripId)
            },
            .on(FreeRoom.self, locking: { "hotel/\($0.city)" }) { command, transaction in
                try Stock(transaction).giveBack("room in", command.city, ofTrip: command.tripId)
            },
        ])
}
