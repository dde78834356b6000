import Tram
import TramWorkbench

/// A trip, as the Trip Service keeps it.
struct Trip: Codable, Hashable {
    enum State: String, Codable, CaseIterable, SQLConvertible {
        case pending = "PENDING"
        case booked = "BOOKED"
        case rejected = "REJECTED"
    }

    let id: Int
    let traveller: String
    let city: String
    let wantsCar: Bool
    let state: State
    /// Why it was rejected.
    let reason: String?

    var json: JSON {
        [
            "tripId": .integer(id), "traveller": .string(traveller), "city": .string(city),
            "car": .bool(wantsCar), "state": .string(state.rawValue), "reason": .optional(reason),
        ]
    }
}

/// The rows of trips.
struct TripRows {
    static let tables = [
        """
        CREATE TABLE trip (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            traveller TEXT NOT NULL,
            city TEXT NOT NULL,
            wants_car INTEGER NOT NULL CHECK (wants_car IN (0, 1)),
            state TEXT NOT NULL CHECK (state IN ('PENDING', 'BOOKED', 'REJECTED')),
            reason TEXT,
            CHECK ((state = 'REJECTED') = (reason IS NOT NULL))
        ) STRICT
        """
    ]

    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// - Returns: the id of the new trip.
    func insert(_ request: BookTrip.Data) throws -> Int {
        try transaction.rows(
            """
            INSERT INTO trip (traveller, city, wants_car, state)
            VALUES (\(request.traveller), \(request.city), \(request.wantsCar),
                \(Trip.State.pending))
            RETURNING id
            """)[0].values()
    }

    func decide(_ id: Int, _ state: Trip.State, because reason: String? = nil) throws {
        try transaction.execute(
            "UPDATE trip SET state = \(state), reason = \(reason) WHERE id = \(id)")
    }

    func find(_ id: Int) throws -> Trip? {
        try page(after: id - 1, limit: 1).first { $0.id == id }
    }

    func page(after id: Int, limit: Int) throws -> [Trip] {
        try transaction.rows(
            """
            SELECT id, traveller, city, wants_car, state, reason FROM trip
            WHERE id > \(id) ORDER BY id LIMIT \(limit)
            """
        ).map {
            let (id, traveller, city, wantsCar, state, reason):
                (Int, String, String, Bool, Trip.State, String?) = try $0.values()
            return Trip(
                id: id, traveller: traveller, city: city, wantsCar: wantsCar, state: state,
                reason: reason)
        }
    }
}
