import Tram
import TramWorkbench

/// What a user may do: request a trip. The command and the HTTP request present it.
struct Book: Action {
    static let name = "book"
    static let summary = "Request a trip; the saga then books it, step by step."
    static let service = "trips"
    static let fields = [
        ActionField("traveller", .string, "Who travels.", example: .string("Ada")),
        ActionField("city", .string, "Where to.", example: .string("Lisbon")),
        ActionField("car", .flag, "Whether to rent a car, too."),
    ]

    let request: BookTrip.Data

    init(_ input: ActionInput) throws {
        request = BookTrip.Data(
            traveller: try input.read("traveller", Input.word),
            city: try input.read("city", Input.word), wantsCar: try input.flag("car"))
    }

    func perform(in application: Trips, key: IdempotencyKey?) throws -> Booking {
        try application.trips.book(request, key: key)
    }
}

/// A trip was requested: what it is then, and what was sent. Kept as the answer to a repeated request.
struct Booking: Codable {
    let trip: Trip
    let sent: [MessageHeading]

    var json: JSON {
        trip.json.adding([JSON.Member("published", .strings(sent.map(\.id.description)))])
    }
}
