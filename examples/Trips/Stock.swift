import Tram

/// How many of a thing a service has in each city, and for which trips they are booked. The hotels, the
/// cars and the flights have one each, in their own stores.
struct Stock {
    static let tables = [
        "CREATE TABLE stock (city TEXT PRIMARY KEY, total INTEGER NOT NULL CHECK (total >= 0)) STRICT",
        """
        CREATE TABLE booking (
            trip INTEGER PRIMARY KEY,
            city TEXT NOT NULL REFERENCES stock (city)
        ) STRICT
        """,
    ]

    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Books one for a trip. A trip that asks again has it already.
    ///
    /// - Parameter thing: with its preposition: `room in`, `seat to`.
    /// - Throws: a refusal when nothing is left.
    func book(_ thing: String, _ city: String, forTrip trip: Int) throws -> CommandResult {
        let known = try transaction.rows("SELECT 1 FROM booking WHERE trip = \(trip)")
        if !known.isEmpty { return .success(Done(), "trip \(trip) has its \(thing) \(city)") }
        guard try left()[city, default: 0] > 0 else {
            let reason = "no \(thing) \(city) left"
            throw Refusal(Unavailable(reason: reason), reason)
        }
        try transaction.execute("INSERT INTO booking (trip, city) VALUES (\(trip), \(city))")
        return .success(Done(), "\(thing) \(city) booked for trip \(trip)")
    }

    /// Gives back what is booked for a trip, if anything is.
    func giveBack(_ thing: String, _ city: String, ofTrip trip: Int) throws -> CommandResult {
        let count = try transaction.execute("DELETE FROM booking WHERE trip = \(trip)")
        return .success(
            Done(),
            count == 0 ? "trip \(trip) had no \(thing) \(city)" : "\(thing) \(city) free again")
    }

    /// How many are left, by city.
    func left() throws -> [String: Int] {
        try transaction.rows(
            """
            SELECT city, total - (SELECT count(*) FROM booking WHERE booking.city = stock.city)
            FROM stock
            """
        ).reduce(into: [:]) { left, row in
            let (city, count): (String, Int) = try row.values()
            left[city] = count
        }
    }

    /// The trips that something is booked for.
    func trips() throws -> Set<Int> {
        Set(
            try transaction.rows("SELECT trip FROM booking").map { row in
                let trip: Int = try row.values()
                return trip
            })
    }
}
