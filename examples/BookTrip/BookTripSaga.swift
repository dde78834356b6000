import Tram

/// Books a trip: a flight, a car if one is wanted, a hotel; and has the ticket issued when all is
/// booked. If one of them is refused, what was booked before is cancelled, last things first.
struct BookTripSaga: Saga {
    static let sagaType = "BookTripSaga"

    struct Data: Codable, Sendable {
        let traveller: String
        let city: String
        let wantsCar: Bool
        var seat: String?
        var problem: String?
    }

    var steps: [Step<Data>] {
        [
            Step("book flight")
                .invokeParticipant(.flights) { BookFlight(traveller: $0.traveller, to: $0.city) }
                .onReply(FlightBooked.self) { data, reply in data.seat = reply.seat }
                .withCompensation(.flights) { CancelFlight(traveller: $0.traveller) },
            Step("rent car")
                .invokeParticipant(.cars, when: \.wantsCar) { RentCar(traveller: $0.traveller) }
                .withCompensation(.cars) { ReturnCar(traveller: $0.traveller) },
            Step("book hotel")
                .invokeParticipant(.hotels) { BookHotel(traveller: $0.traveller, city: $0.city) }
                .onReply(HotelFull.self) { data, reply in data.problem = "no room in \(reply.city)"
                },
            Step("issue ticket")
                .notifyParticipant(.flights) { IssueTicket(seat: $0.seat ?? "any") },
        ]
    }
}

extension CommandChannel {
    static let flights: CommandChannel = "flights"
    static let cars: CommandChannel = "cars"
    static let hotels: CommandChannel = "hotels"
}

struct BookFlight: Command {
    static let commandType = "BookFlight"
    let traveller: String
    let to: String
}

struct FlightBooked: Reply {
    static let replyType = "FlightBooked"
    let seat: String
}

struct CancelFlight: Command {
    static let commandType = "CancelFlight"
    let traveller: String
}

struct IssueTicket: Command {
    static let commandType = "IssueTicket"
    let seat: String
}

struct RentCar: Command {
    static let commandType = "RentCar"
    let traveller: String
}

struct ReturnCar: Command {
    static let commandType = "ReturnCar"
    let traveller: String
}

struct BookHotel: Command {
    static let commandType = "BookHotel"
    let traveller: String
    let city: String
}

struct HotelFull: FailureReply {
    static let replyType = "HotelFull"
    let city: String
}
