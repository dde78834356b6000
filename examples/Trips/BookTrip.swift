import Tram

/// Books a room, a car if one is wanted, and a seat, and has the ticket mailed when all is booked. When
/// one of them is not to be had, what was booked before is given back, last things first.
struct BookTrip: Saga {
    static let sagaType = "BookTrip"

    struct Data: Codable, Sendable {
        let traveller: String
        let city: String
        let wantsCar: Bool
        /// 0 until the first step has created the trip.
        var trip = 0
        /// Why the trip is rejected; nil while nobody has refused.
        var reason: String?
    }

    var steps: [Step<Data>] {
        [
            Step("create trip").invokeLocal(create).withCompensation(reject),
            // A hotel that does not answer in ten minutes is asked again, twice. Then the room is freed
            // too: the hotel may have booked it, and its answer be on its way.
            Step("book room")
                .invokeParticipant(.hotels) { BookRoom(tripId: $0.trip, city: $0.city) }
                .onReply(Unavailable.self, note)
                .deadline(.seconds(600)).retrying(2, on: .deadline)
                .withCompensation(.hotels) { FreeRoom(tripId: $0.trip, city: $0.city) },
            Step("rent car")
                .invokeParticipant(.cars, when: \.wantsCar) {
                    RentCar(tripId: $0.trip, city: $0.city)
                }
                .onReply(Unavailable.self, note)
                .withCompensation(.cars) { ReturnCar(tripId: $0.trip, city: $0.city) },
            // Nothing that comes after it can be refused, so it has no compensation.
            Step("book seat")
                .invokeParticipant(.flights) { BookSeat(tripId: $0.trip, city: $0.city) }
                .onReply(Unavailable.self, note),
            Step("confirm trip").invokeLocal(confirm),
            Step("mail ticket").notifyParticipant(.flights) {
                MailTicket(tripId: $0.trip, traveller: $0.traveller)
            },
        ]
    }

    private func create(_ data: inout Data, _ transaction: any Transaction) throws {
        data.trip = try TripRows(transaction).insert(data)
    }

    private func note(_ data: inout Data, _ reply: Unavailable) {
        data.reason = reply.reason
    }

    private func confirm(_ data: inout Data, _ transaction: any Transaction) throws {
        try TripRows(transaction).decide(data.trip, .booked)
    }

    private func reject(_ data: inout Data, _ transaction: any Transaction) throws {
        try TripRows(transaction).decide(data.trip, .rejected, because: data.reason ?? "given up")
    }
}
