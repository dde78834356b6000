import Tram

/// The Hotel Service: a hotel in each city, with so many rooms, and a desk that may be closed.
enum Hotels {
    static let tables = [
        """
        CREATE TABLE hotel (
            city TEXT PRIMARY KEY,
            rooms INTEGER NOT NULL CHECK (rooms >= 0),
            is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
        ) STRICT
        """,
        """
        CREATE TABLE room (
            trip INTEGER PRIMARY KEY,
            traveller TEXT NOT NULL,
            city TEXT NOT NULL REFERENCES hotel (city)
        ) STRICT
        """,
        """
        INSERT INTO hotel VALUES ('Lisbon', 2, 1), ('Oslo', 1, 1), ('Porto', 1, 0), ('Rome', 1, 1)
        """,
    ]

    /// While a trip may still be given up, nobody else's room in that city is decided: the lock makes
    /// others wait for the last room, instead of refusing what may become free again.
    static let handlers = CommandHandlers(
        "hotels", on: .hotels,
        [
            .on(BookRoom.self, locking: { "hotel/\($0.city)" }) { command, transaction in
                let hotel = try hotels(in: transaction).first { $0.city == command.city }
                guard let hotel else {
                    let reason = "no hotel in \(command.city)"
                    throw Refusal(Unavailable(reason: reason), reason)
                }
                // No answer is not a refusal: the saga asks again when the deadline has passed.
                guard hotel.isOpen else {
                    return .noReply("the desk in \(hotel.city) is closed: nobody answers")
                }
                // Asked again after a deadline, it may have booked the room the first time.
                let isBooked = try !transaction.rows(
                    "SELECT 1 FROM room WHERE trip = \(command.trip)"
                ).isEmpty
                if isBooked { return .success(Done(), "trip \(command.trip) has its room") }
                guard hotel.roomsLeft > 0 else {
                    let reason = "no room left in \(hotel.city)"
                    throw Refusal(Unavailable(reason: reason), reason)
                }
                try transaction.execute(
                    """
                    INSERT INTO room (trip, traveller, city)
                    VALUES (\(command.trip), \(command.traveller), \(hotel.city))
                    """)
                return .success(
                    Done(), "room in \(hotel.city) booked for \(command.traveller)")
            },
            .on(FreeRoom.self, locking: { "hotel/\($0.city)" }) { command, transaction in
                let rooms = try transaction.execute("DELETE FROM room WHERE trip = \(command.trip)")
                return .success(
                    Done(),
                    rooms == 0 ? "there was no room to free" : "room in \(command.city) freed")
            },
        ])

    struct Hotel {
        let city: String
        let roomsLeft: Int
        let isOpen: Bool
    }

    static func hotels(in transaction: any Transaction) throws -> [Hotel] {
        try transaction.rows(
            """
            SELECT city, rooms - (SELECT count(*) FROM room WHERE room.city = hotel.city), is_open
            FROM hotel ORDER BY city
            """
        ).map {
            let (city, left, isOpen): (String, Int, Bool) = try $0.values()
            return Hotel(city: city, roomsLeft: left, isOpen: isOpen)
        }
    }

    /// Opens or closes the desk of a city's hotel.
    ///
    /// - Returns: false when there is no hotel.
    static func setOpen(
        _ isOpen: Bool, in city: String, _ transaction: any Transaction
    ) throws -> Bool {
        try transaction.execute("UPDATE hotel SET is_open = \(isOpen) WHERE city = \(city)") > 0
    }
}
