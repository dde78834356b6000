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
            BookRoom(trip: trip, traveller: "Ada", city: city), to: .hotels, from: saga(trip),
            despite: mishap)
    }

    private func roomsLeft(in city: String) throws -> Int? {
        try hotels.read { try Hotels.hotels(in: $0) }.first { $0.city == city }?.roomsLeft
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

    @Test func `a closed desk gives no answer, and an opened one does`() throws {
        try book(1, "Porto")
        try hotels.expectNoMessage()
        #expect(try roomsLeft(in: "Porto") == 1)
        try hotels.write { _ = try Hotels.setOpen(true, in: "Porto", $0) }
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
            .expectReply(Unavailable(reason: "no room left in Oslo"))
    }

    @Test func `a city without a hotel is refused`() throws {
        try book(1, "Atlantis")
        try hotels.expectReply(Unavailable(reason: "no hotel in Atlantis"))
    }
}
