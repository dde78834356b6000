import Tram

/// The Car Service: so many cars in each city.
enum Cars {
    static let tables = [
        "CREATE TABLE fleet (city TEXT PRIMARY KEY, cars INTEGER NOT NULL CHECK (cars >= 0)) STRICT",
        """
        CREATE TABLE rental (
            trip INTEGER PRIMARY KEY,
            city TEXT NOT NULL REFERENCES fleet (city)
        ) STRICT
        """,
        "INSERT INTO fleet VALUES ('Lisbon', 1), ('Oslo', 0), ('Porto', 1), ('Rome', 1)",
    ]

    static let handlers = CommandHandlers(
        "cars", on: .cars,
        [
            .on(RentCar.self) { command, transaction in
                guard try left(in: transaction)[command.city, default: 0] > 0 else {
                    let reason = "no car left in \(command.city)"
                    throw Refusal(Unavailable(reason: reason), reason)
                }
                try transaction.execute(
                    "INSERT INTO rental (trip, city) VALUES (\(command.trip), \(command.city))")
                return .success(Done(), "car in \(command.city) rented")
            },
            .on(ReturnCar.self) { command, transaction in
                try transaction.execute("DELETE FROM rental WHERE trip = \(command.trip)")
                return .success(Done(), "car in \(command.city) returned")
            },
        ])

    /// How many cars are left, by city.
    static func left(in transaction: any Transaction) throws -> [String: Int] {
        try transaction.rows(
            """
            SELECT city, cars - (SELECT count(*) FROM rental WHERE rental.city = fleet.city)
            FROM fleet
            """
        ).reduce(into: [:]) { left, row in
            let (city, cars): (String, Int) = try row.values()
            left[city] = cars
        }
    }
}
