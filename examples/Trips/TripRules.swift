import Tram
import TramWorkbench

// What `trips store check` checks beside the workbench's own rules.

extension Trips {
    func rules(_ views: Views) -> [Rule] {
        Rule.standard(views) + [
            .always("nothing is booked that is not there") {
                try Self.providers.flatMap { provider in
                    try Stock(views[provider]).left().filter { $0.value < 0 }.keys.sorted().map {
                        Finding("\(provider) have booked more in \($0) than there is")
                    }
                }
            },
            .atRest("at rest, a trip is BOOKED exactly when it has all that it wants") {
                let trips = try TripRows(views["trips"]).page(after: 0, limit: .max)
                let losses = try views.losses()
                return try Self.providers.flatMap { provider in
                    let booked = try Stock(views[provider]).trips()
                    let wanted = trips.filter { $0.wants(from: provider) }
                    return booked.symmetricDifference(wanted.map(\.id)).sorted().map { trip in
                        // A saga makes one trip: they have the same numbers.
                        let saga = SagaReference(type: BookTrip.sagaType, id: "\(trip)")
                        return Finding(
                            "trip \(trip) and its booking at \(provider) do not agree",
                            isConsequence: losses.isDecided(saga)
                                || losses.isLost(trip, of: "trip", in: "trips"))
                    }
                }
            },
        ]
    }

    private static let providers = ["hotels", "cars", "flights"]
}

extension Trip {
    /// Whether it is booked, and so has something booked at a service.
    fileprivate func wants(from provider: String) -> Bool {
        state == .booked && (provider != "cars" || wantsCar)
    }
}
