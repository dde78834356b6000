import Tram

/// The Trip Service: it takes requests for trips, and follows what their sagas decide.
struct TripService {
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

    /// Runs the sagas, and receives the replies to their commands.
    let sagas: SagaManager<BookTrip>
    private let store: any Store

    init(_ store: any Store) throws {
        self.store = store
        sagas = try SagaManager(BookTrip(), id: "trips")
    }

    /// Starts the saga of a new trip: its row and the first command are one transaction.
    ///
    /// - Parameter key: when a trip was requested under this key before, that is the answer again.
    /// - Throws: `IdempotencyKeyReused`.
    func book(_ request: BookTrip.Data, key: IdempotencyKey?) throws -> Booking {
        try store.write { transaction in
            try IdempotencyKeys(transaction).answer(key, to: request) {
                let outbox = Outbox(transaction)
                let newest = try outbox.highestNumber()
                let saga = try sagas.start(request, in: transaction)
                guard let trip = try TripRows(transaction).trip(saga.data.trip) else {
                    throw StoreError.unexpectedRow("\(saga.reference) has no trip")
                }
                return Booking(trip: trip, sent: try outbox.headings(after: newest))
            }
        }
    }

    /// A trip, or nil when there is none with that id.
    func trip(_ id: Int) throws -> Trip? {
        try store.read { try TripRows($0).trip(id) }
    }

    /// The next trips by id, at most `limit` of them.
    func trips(after id: Int, limit: Int) throws -> [Trip] {
        try store.read { try TripRows($0).page(after: id, limit: limit) }
    }
}

/// A trip was requested: what it is then, and what was sent. Kept as the answer to a repeated request.
struct Booking: Codable {
    let trip: Trip
    let sent: [MessageHeading]
}

struct Trip: Codable, Hashable {
    enum State: String, Codable, SQLConvertible {
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
}

/// The rows of trips.
struct TripRows {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func insert(_ request: BookTrip.Data) throws -> Trip {
        try trip(
            transaction.rows(
                """
                INSERT INTO trip (traveller, city, wants_car, state)
                VALUES (\(request.traveller), \(request.city), \(request.wantsCar),
                    \(Trip.State.pending))
                RETURNING id, traveller, city, wants_car, state, reason
                """)[0])
    }

    func decide(_ id: Int, _ state: Trip.State, because reason: String? = nil) throws {
        try transaction.execute(
            "UPDATE trip SET state = \(state), reason = \(reason) WHERE id = \(id)")
    }

    func trip(_ id: Int) throws -> Trip? {
        try page(after: id - 1, limit: 1).first { $0.id == id }
    }

    func page(after id: Int, limit: Int) throws -> [Trip] {
        try transaction.rows(
            """
            SELECT id, traveller, city, wants_car, state, reason FROM trip
            WHERE id > \(id) ORDER BY id LIMIT \(limit)
            """
        ).map(trip)
    }

    private func trip(_ row: Row) throws -> Trip {
        let (id, traveller, city, wantsCar, state, reason):
            (Int, String, String, Bool, Trip.State, String?) = try row.values()
        return Trip(
            id: id, traveller: traveller, city: city, wantsCar: wantsCar, state: state,
            reason: reason)
    }
}
