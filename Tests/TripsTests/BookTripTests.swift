import Testing
import Tram
import TramTesting

@testable import trips

/// The saga alone: which commands it sends, and how it ends.
@Suite struct BookTripTests {
    private static let bookRoom = BookRoom(tripId: 1, city: "Lisbon")
    private static let bookSeat = BookSeat(tripId: 1, city: "Lisbon")

    private func start(wantsCar: Bool = false) throws -> SagaTest<BookTrip> {
        try SagaTest(
            BookTrip(), BookTrip.Data(traveller: "Ada", city: "Lisbon", wantsCar: wantsCar),
            tables: TripRows.tables)
    }

    private func trip(_ test: SagaTest<BookTrip>) throws -> Trip? {
        try test.read { try TripRows($0).find(1) }
    }

    @Test(arguments: [
        nil, Mishap.deliveredTwice, .diedBeforeCommit, .diedBeforeMark, .failed(times: 2),
    ])
    func `without a car, that step is skipped`(mishap: Mishap?) throws {
        let saga = try start().expect(Self.bookRoom, to: .hotels)
        #expect(try trip(saga)?.state == .pending)
        try saga.reply(Done(), locking: "hotel/Lisbon", despite: mishap)
            .expect(Self.bookSeat, to: .flights)
            .reply(Done(), despite: mishap)
            .expectNotification(MailTicket(tripId: 1, traveller: "Ada"), to: .flights)
            .expectUnlock(of: "hotel/Lisbon", on: .hotels)
            .expectCompleted()
        #expect(try trip(saga)?.state == .booked)
    }

    @Test func `a car is returned, and then the room is freed, when the flight is full`() throws {
        let saga = try start(wantsCar: true).expect(Self.bookRoom, to: .hotels).reply(Done())
            .expect(RentCar(tripId: 1, city: "Lisbon"), to: .cars).reply(Done())
            .expect(Self.bookSeat, to: .flights)
            .reply(Unavailable(reason: "no seat to Lisbon left"))
            .expect(ReturnCar(tripId: 1, city: "Lisbon"), to: .cars).reply(Done())
            .expect(FreeRoom(tripId: 1, city: "Lisbon"), to: .hotels).reply(Done())
            .expectRolledBack()
        #expect(try trip(saga)?.state == .rejected)
        #expect(try trip(saga)?.reason == "no seat to Lisbon left")
    }

    @Test func `nothing is given back when the first is refused`() throws {
        try start().expect(Self.bookRoom, to: .hotels)
            .reply(Unavailable(reason: "no room in Lisbon left"))
            .expectRolledBack { #expect($0.reason == "no room in Lisbon left") }
    }

    @Test func `a hotel that does not answer is asked three times, and its room freed`() throws {
        let saga = try start().expect(Self.bookRoom, to: .hotels)
            .pass(.seconds(599)).expectNoCommand()
            .pass(.seconds(1)).expect(Self.bookRoom, to: .hotels)
            .pass(.seconds(600)).expect(Self.bookRoom, to: .hotels)
            .pass(.seconds(600)).expect(FreeRoom(tripId: 1, city: "Lisbon"), to: .hotels)
            .reply(Done())
            .expectRolledBack()
        #expect(try trip(saga)?.reason == "given up")
    }

    @Test func `a hotel that answers the second time is enough`() throws {
        try start().expect(Self.bookRoom, to: .hotels)
            .pass(.seconds(600)).expect(Self.bookRoom, to: .hotels).reply(Done())
            .expect(Self.bookSeat, to: .flights).reply(Done())
            .expectNotification(MailTicket(tripId: 1, traveller: "Ada"), to: .flights)
            .expectCompleted()
    }
}
