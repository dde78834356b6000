import Tram
import TramWorkbench

/// What `trips store check` checks beside the workbench's own rules.
extension Trips {
    func rules(_ views: Views) -> [Rule] {
        Rule.standard(views) + [
            .eachStore("nothing is booked more often than it is there", of: views) { view in
                guard try view.hasTable("stock") else { return [] }
                return try Stock(view).left().filter { $0.value < 0 }.keys.sorted()
                    .map { Finding("\(view.storeName) in \(escaped($0)) are overbooked") }
            },
            .atRest("at rest, a trip has a room and a seat exactly when it is BOOKED") {
                let booked = try TripRows(views["trips"]).ids(.booked)
                let losses = try views.losses()
                return try ["hotels", "flights"].flatMap { service in
                    let served = try Stock(views[service]).trips()
                    return booked.symmetricDifference(served).sorted().map { trip in
                        Finding(
                            "trip \(trip) and the \(service) do not agree",
                            isConsequence: self.explains(trip, losses))
                    }
                }
            },
        ]
    }

    /// Whether an operator has decided about a trip, or something about it may be lost. A trip has the
    /// number of its saga, and that is the partition of the saga's messages.
    private func explains(_ trip: Int, _ losses: Losses) -> Bool {
        let saga = SagaReference(type: BookTrip.sagaType, id: "\(trip)")
        return losses.sagas["trips", default: []].contains { $0.saga == saga }
            || losses.deliveries.contains { $0.partitionID == saga.id }
            || losses.mayLack(
                Losses.Aggregate(channel: saga.type, id: saga.id), in: stores.names)
    }
}
