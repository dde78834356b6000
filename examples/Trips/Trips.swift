import Tram
import TramSQLite
import TramWorkbench

/// Trips to cities: four services, each with a store of its own, and the saga that books a trip with
/// them. What is said here is all that the workbench must know.
final class Trips: Application {
    static let name = "trips"
    static let version = "1.0.0"
    static let firstCommand = "book --traveller Ada --city Lisbon"

    /// Each store has an application id of its own, so that one file is not taken for another.
    static let definitions = [
        StoreDefinition("trips", schema(0x5472_7001, TripRows.tables), numbered: ["trip"]),
        StoreDefinition("hotels", schema(0x5472_7002, Hotels.tables)),
        StoreDefinition("cars", schema(0x5472_7003, Cars.tables)),
        StoreDefinition("flights", schema(0x5472_7004, Flights.tables)),
    ]

    /// For the examples in the help of the workbench's commands.
    static let sagaWords = SagaWords(
        example: "BookTrip:1", step: "book room", reason: "the hotel confirmed by telephone")

    /// For other systems, as `trips schema` prints it.
    static let messages = MessageCatalog(
        title: "Trips", summary: "What the services tell one another to book a trip.",
        [
            .command(BookRoom.self, on: .hotels, from: "trips", "Book a room for a trip."),
            .command(FreeRoom.self, on: .hotels, from: "trips", "Free the room of a trip, if any."),
            .command(RentCar.self, on: .cars, from: "trips", "Rent a car for a trip."),
            .command(ReturnCar.self, on: .cars, from: "trips", "Return the car of a trip."),
            .command(BookSeat.self, on: .flights, from: "trips", "Book a seat for a trip."),
            .notification(MailTicket.self, on: .flights, from: "trips", "Mail a ticket."),
            .reply(
                Done.self, on: BookTrip.replyChannel, from: ["hotels", "cars", "flights"],
                locks: true, "What was asked for is done."),
            .reply(
                Unavailable.self, on: BookTrip.replyChannel, from: ["hotels", "cars", "flights"],
                "What was asked for is not to be had."),
        ])

    let stores: Stores
    let trips: TripService
    let relay: Relay

    init(_ stores: Stores) throws {
        self.stores = stores
        trips = try TripService(stores["trips"])
        relay = try Relay(wholeSystem: [
            Service(store: stores["trips"], subscribers: [trips.sagas]),
            Service(store: stores["hotels"], subscribers: [Hotels.handlers]),
            Service(store: stores["cars"], subscribers: [Cars.handlers]),
            Service(store: stores["flights"], subscribers: [Flights.handlers]),
        ])
    }

    private static func schema(_ applicationID: Int, _ tables: [String]) -> Schema {
        Schema(
            applicationID: applicationID, library: LibraryTables.messagingAndSagas,
            migrations: [Migration(tables)])
    }
}
