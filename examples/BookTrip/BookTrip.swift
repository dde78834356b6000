// A saga of one's own, on the library alone: two travellers book a trip to a hotel with one room.
//
// Run it with: swift run BookTrip

import Tram
import TramSQLite

@main
struct BookTrip {
    static func main() throws {
        let trips = try store("trips", [])
        let sagas = try SagaManager(BookTripSaga(), id: "trips")
        let relay = try Relay(wholeSystem: [
            Service(store: trips, subscribers: [sagas]),
            Service(
                store: try store(
                    "flights", ["CREATE TABLE seat (number INTEGER PRIMARY KEY, traveller TEXT)"]),
                subscribers: [Participants.flights]),
            Service(
                store: try store("cars", ["CREATE TABLE rental (traveller TEXT)"]),
                subscribers: [Participants.cars]),
            Service(
                store: try store("hotels", ["CREATE TABLE room (traveller TEXT)"]),
                subscribers: [Participants.hotels]),
        ])
        print("The steps of \(sagas.definition.sagaType):")
        for step in sagas.definition.steps {
            let undo = step.compensation.map { "; undone by \($0)" } ?? ""
            print("  \(step.name): \(step.action?.description ?? "-")\(undo)")
        }
        for trip in [
            BookTripSaga.Data(traveller: "Ada", city: "Lisbon", wantsCar: false),
            BookTripSaga.Data(traveller: "Bob", city: "Lisbon", wantsCar: true),
        ] {
            print(
                "\n\(trip.traveller) goes to \(trip.city)\(trip.wantsCar ? " and wants a car" : "")"
            )
            let id = try trips.write { try sagas.start(trip, in: $0).reference.id }
            let run = relay.run()
            while try !run.pass(report: report).isIdle {}
            let ended = try trips.read { try sagas.instance(id, in: $0) }
            print(
                "  \(ended.map { "\($0.state)" } ?? "lost"): \(ended?.data.problem ?? "no problem")"
            )
        }
    }

    private static func store(_ name: String, _ tables: [String]) throws -> InMemoryStore {
        try InMemoryStore(
            name,
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(tables)]))
    }

    private static func report(_ event: RelayEvent) {
        guard case .delivered(let delivery) = event else { return }
        let effects = delivery.receipt.effects.joined(separator: "; ")
        print("  \(delivery.message.type) -> \(delivery.subscriber ?? "nobody"): \(effects)")
    }
}
