import Tram

/// The Trip Service: it takes requests for trips, and follows what their sagas decide.
struct TripService {
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
                guard let trip = try TripRows(transaction).find(saga.data.trip) else {
                    throw StoreError.unexpectedRow("\(saga.reference) has no trip")
                }
                return Booking(trip: trip, sent: try outbox.headings(after: newest))
            }
        }
    }

    /// A trip, or nil when there is none with that id.
    func trip(_ id: Int) throws -> Trip? {
        try store.read { try TripRows($0).find(id) }
    }

    /// The next trips by id, at most `limit` of them.
    func trips(after id: Int, limit: Int) throws -> [Trip] {
        try store.read { try TripRows($0).page(after: id, limit: limit) }
    }
}
