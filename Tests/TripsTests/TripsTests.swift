import TestSupport
import Testing
import Tram
import TramWorkbench

@testable import trips

/// Whole trips, through all services: who gets what, and what is left.
@Suite struct TripsTests {
    private let system: Trips

    init() throws {
        system = try Trips(inMemoryWithClock: fixedClock)
    }

    private func book(_ traveller: String, _ city: String, car: Bool = false) throws -> Int {
        try system.trips.book(
            BookTrip.Data(traveller: traveller, city: city, wantsCar: car), key: nil
        ).trip.id
    }

    /// Delivers until nothing else can move.
    ///
    /// - Returns: who got which messages, and the deadlines that have passed.
    @discardableResult
    private func relay(advance: Duration = .zero) throws -> [String] {
        var lines: [String] = []
        try system.relay.run().runUntilIdle(RelayRun.Bounds(advance: advance)) { event in
            switch event {
            case .delivered(let delivery):
                lines.append("\(delivery.message.type) -> \(delivery.subscriber ?? "nobody")")
            case .expired(let expiry): lines.append(expiry.effect)
            case .began, .ended, .unavailable: break
            }
        }
        return lines
    }

    private func left(in city: String) throws -> [Int?] {
        let left = try system.left(Availability())
        return ["hotels", "cars", "flights"].map { left[$0]?[city] }
    }

    private func state(_ trip: Int) throws -> Trip.State? { try system.trips.trip(trip)?.state }

    /// Nothing is on its way, and nobody waits for a lock or holds one.
    private func expectRest(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try system.relay.pendingCount() == 0, sourceLocation: sourceLocation)
        for name in ["hotels", "cars", "flights"] {
            let rows = try system.stores[name].read {
                try $0.rows("SELECT 1 FROM saga_lock_table")
                    + $0.rows("SELECT 1 FROM saga_stash_table")
            }
            #expect(rows.isEmpty, sourceLocation: sourceLocation)
        }
    }

    @Test func `a trip is booked, and its ticket mailed`() throws {
        let trip = try book("Ada", "Lisbon")
        #expect(try state(trip) == .pending)
        let deliveries = try relay()
        #expect(!deliveries.contains("RentCar -> cars"))
        #expect(deliveries.contains("MailTicket -> flights"))
        #expect(try state(trip) == .booked)
        #expect(try left(in: "Lisbon") == [1, 1, 1])
        let mailed = try system.stores["flights"].read {
            try $0.rows("SELECT traveller FROM ticket")
        }
        #expect(mailed == [Row([.text("Ada")])])
        try expectRest()
    }

    @Test func `a trip with a car takes one`() throws {
        let trip = try book("Ada", "Lisbon", car: true)
        try relay()
        #expect(try state(trip) == .booked)
        #expect(try left(in: "Lisbon") == [1, 0, 1])
    }

    @Test func `a full flight gives back the car and the room`() throws {
        let before = try left(in: "Rome")
        let trip = try book("Ada", "Rome", car: true)
        let deliveries = try relay()
        #expect(
            deliveries.filter { !$0.hasSuffix("-> trips") } == [
                "BookRoom -> hotels", "RentCar -> cars", "BookSeat -> flights",
                "ReturnCar -> cars", "FreeRoom -> hotels", "SagaUnlockCommand -> hotels",
            ])
        #expect(try state(trip) == .rejected)
        #expect(try system.trips.trip(trip)?.reason == "no seat to Rome left")
        #expect(try left(in: "Rome") == before)
        try expectRest()
    }

    @Test func `a hotel that does not answer is asked again, and books one room`() throws {
        let trip = try book("Ada", "Porto")
        #expect(try relay() == ["BookRoom -> hotels"])
        #expect(try relay(advance: .seconds(599)) == [])
        let deliveries = try relay(advance: .seconds(600))
        #expect(deliveries.filter { $0 == "BookRoom -> hotels" }.count == 1)
        #expect(try state(trip) == .booked)
        #expect(try left(in: "Porto") == [0, 1, 1])
        try expectRest()
    }

    @Test func `a hotel that never answers lets the trip be rejected, and keeps nothing`() throws {
        let trip = try book("Ada", "Malta")
        try relay()
        for _ in 1...2 {
            try relay(advance: .seconds(600))
            #expect(try state(trip) == .pending)
        }
        #expect(try relay(advance: .seconds(600)).contains("FreeRoom -> hotels"))
        #expect(try state(trip) == .rejected)
        #expect(try left(in: "Malta") == [1, 1, 2])
        try expectRest()
    }

    @Test func `two requests for one trip, both handled late, book one room`() throws {
        let trip = try book("Ada", "Lisbon")
        // The deadline passes before the hotels get the first request.
        try system.relay.run().pass(
            RelayRun.Bounds(source: "flights", advance: .seconds(600)))
        let deliveries = try relay()
        #expect(deliveries.filter { $0 == "BookRoom -> hotels" }.count == 2)
        #expect(try state(trip) == .booked)
        #expect(try left(in: "Lisbon") == [1, 1, 1])
        try expectRest()
    }

    @Test func `the second traveller waits for the room of the first, and gets it`() throws {
        let ada = try book("Ada", "Oslo", car: true)
        let bob = try book("Bob", "Oslo")
        var stashed: [String] = []
        try system.relay.runUntilIdle { event in
            guard case .delivered(let delivery) = event, delivery.receipt.outcome == .stashed
            else { return }
            stashed += delivery.receipt.effects
        }
        #expect(stashed == ["hotel/Oslo is locked by BookTrip 1"])
        #expect(try state(ada) == .rejected)
        #expect(try state(bob) == .booked)
        #expect(try left(in: "Oslo") == [0, 0, 1])
        try expectRest()
    }

    @Test func `the second traveller is refused when the first has the last room`() throws {
        let trips = [try book("Ada", "Oslo"), try book("Bob", "Oslo")]
        try relay()
        #expect(try trips.map(state) == [.booked, .rejected])
        #expect(try system.trips.trip(trips[1])?.reason == "no room in Oslo left")
        try expectRest()
    }

    @Test func `a city that nobody knows is found out by the saga`() throws {
        let trip = try book("Ada", "Atlantis")
        try relay()
        #expect(try system.trips.trip(trip)?.reason == "no room in Atlantis left")
        try expectRest()
    }

    @Test func `a repeated request with one key is one trip`() throws {
        let request = BookTrip.Data(traveller: "Ada", city: "Lisbon", wantsCar: false)
        let key = try #require(IdempotencyKey("ada-1"))
        let first = try system.trips.book(request, key: key)
        try relay()
        let second = try system.trips.book(request, key: key)
        #expect(second.trip == first.trip)
        #expect(second.sent == first.sent)
        #expect(try system.trips.trips(after: 0, limit: 9).count == 1)
        #expect(throws: IdempotencyKeyReused.self) {
            try system.trips.book(
                BookTrip.Data(traveller: "Bob", city: "Lisbon", wantsCar: false), key: key)
        }
    }
}
