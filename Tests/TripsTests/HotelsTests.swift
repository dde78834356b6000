import Testing
import Tram
import TramTesting

@testable import trips

/// The hotels alone: what they answer to the commands of sagas.
@Suite struct HotelsTests {
    private let hotels: ParticipantTest

    init() throws {
        hotels = try ParticipantTest([Hotels.handlers], tables: Hotels.tables)
    }

    private func saga(_ trip: Int) -> SagaReference {
        SagaReference(type: BookTrip.sagaType, id: "\(trip)")
    }

    private func book(_ trip: Int, _ city: String, despite mishap: Mishap? = nil) throws {
        try hotels.send(
            BookRoom(tripId: trip, city: city), to: .hotels, from: saga(trip),
            despite: mishap)
    }

    private func roomsLeft(in city: String) throws -> Int? {
        try hotels.read { try Stock($0).left()[city] }
    }

    @Test(arguments: [
        Mishap.deliveredTwice, .diedBeforeCommit, .diedBeforeMark, .failed(times: 2),
    ])
    func `whatever goes wrong, a trip gets one room`(mishap: Mishap) throws {
        try book(1, "Lisbon", despite: mishap)
        try hotels.expectReply(Done()).expectNoMessage()
        #expect(try roomsLeft(in: "Lisbon") == 1)
    }

    @Test func `a trip that asks again gets the same room`() throws {
        try book(1, "Lisbon")
        try book(1, "Lisbon")
        #expect(try roomsLeft(in: "Lisbon") == 1)
    }

    @Test func `a desk that misses a request answers the next one`() throws {
        try book(1, "Porto")
        try hotels.expectNoMessage()
        #expect(try roomsLeft(in: "Porto") == 1)
        try book(1, "Porto")
        try hotels.expectReply(Done())
        #expect(try roomsLeft(in: "Porto") == 0)
    }

    @Test func `the last room is decided for one trip after the other`() throws {
        try book(1, "Oslo")
        try hotels.expectReply(Done())
        try book(2, "Oslo")
        try hotels.expectStashed().expectNoMessage()
        try hotels.unlock("hotel/Oslo", on: .hotels, from: saga(1))
            .expectReply(Unavailable(reason: "no room in Oslo left"))
    }

    @Test func `a room can be freed that was never booked`() throws {
        try hotels.send(FreeRoom(tripId: 1, city: "Oslo"), to: .hotels, from: saga(1))
            .expectReply(Done())
        #expect(try roomsLeft(in: "Oslo") == 1)
    }

    @Test func `a city without a hotel is refused`() throws {
        try book(1, "Atlantis")
        try hotels.expectReply(Unavailable(reason: "no room in Atlantis left"))
    }
}
