import TestSupport
import Testing
import Tram
import TramWorkbench

@testable import trips

/// What trips must obey at rest, beside the workbench's own rules.
@Suite struct TripRulesTests {
    private let system: Trips

    init() throws {
        system = try Trips(inMemoryWithClock: fixedClock)
        for (traveller, city) in [
            ("Ada", "Lisbon"), ("Bob", "Rome"), ("Cy", "Malta"), ("Dan", "Porto"),
        ] {
            _ = try system.trips.book(
                BookTrip.Data(traveller: traveller, city: city, wantsCar: true), key: nil)
        }
        try system.relay.run().runUntilIdle()
    }

    private func check() throws -> (violations: [String], skipped: [String]) {
        let check = try system.workbench.check()
        return (check.results.flatMap(\.violations), check.skipped.map(\.reason))
    }

    @Test func `trips that are booked, refused, tried again or given up break no rule`() throws {
        #expect(try check().violations == [])
        #expect(try check().skipped == Array(repeating: "2 deadlines are ahead", count: 2))
        for _ in 0..<3 {
            try system.relay.run().runUntilIdle(RelayRun.Bounds(advance: .seconds(600)))
        }
        #expect(try check().violations == [])
        #expect(try check().skipped == [])
        let states = try system.trips.trips(after: 0, limit: 10).map(\.state)
        #expect(states == [.booked, .rejected, .rejected, .booked])
        _ = try system.workbench.purge()
        #expect(try check().violations == [])
    }

    @Test(arguments: ["hotels", "cars", "flights"])
    func `a booking that is gone, or too many, is found at rest`(provider: String) throws {
        for _ in 0..<3 {
            try system.relay.run().runUntilIdle(RelayRun.Bounds(advance: .seconds(600)))
        }
        _ = try system.stores[provider].write {
            _ = try $0.execute("DELETE FROM booking WHERE trip = 1")
            return try $0.execute("INSERT INTO booking VALUES (2, 'Lisbon')")
        }
        #expect(
            try check().violations
                == [1, 2].map {
                    "trip \($0) and its booking at \(provider) do not agree"
                })
    }
}
