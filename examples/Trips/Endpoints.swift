import TramHTTP
import TramWorkbench

/// What the trips can be asked over HTTP. Health, metrics, the relay, dead letters and sagas they get.
extension Trips: HTTPApplication {
    static let endpoints: [Endpoint<Trips>] = [
        .performing(
            Book.self, path: "/trips", name: "bookTrip",
            answers: [
                AnswerDescription(
                    status: 200, summary: "The trip is requested.",
                    schema: JSONSchema.object(["tripId": JSONSchema.id]))
            ]
        ) { ["tripId": .integer($0.trip.id)] },
        Endpoint(
            method: .get, path: "/trips/{id}", name: "getTrip", summary: "A trip.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "The trip.", schema: JSONSchema.reference("Trip")),
                .problem(404, "There is no such trip."),
            ]
        ) { call in
            let id = try call.id()
            return { application in
                guard let trip = try application.trips.trip(id) else {
                    throw Problem.tripNotFound(id)
                }
                return .json(trip.json)
            }
        },
    ]

    static let schemas = [
        JSON.Member(
            "Trip",
            JSONSchema.object([
                "tripId": JSONSchema.id, "traveller": JSONSchema.text, "city": JSONSchema.text,
                "car": JSONSchema.boolean, "state": JSONSchema.words(Trip.State.self),
                "reason": JSONSchema.optionalText,
            ]))
    ]

    static let problemCodes: [Problem.Code] = [.tripNotFound]
}

extension Problem.Code {
    static let tripNotFound = Problem.Code("trip-not-found", .no, .notFound)
}

extension Problem {
    static func tripNotFound(_ id: Int) -> Problem {
        Problem(
            code: .tripNotFound, message: "trip \(id) does not exist",
            help: "see all trips: \(command: "list")", field: "id", value: "\(id)")
    }
}
