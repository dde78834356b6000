import Tram

// What the services say to one another: they share these words, and nothing else.

extension CommandChannel {
    static let hotels: CommandChannel = "hotels"
    static let cars: CommandChannel = "cars"
    static let flights: CommandChannel = "flights"
}

struct BookRoom: Command {
    static let commandType = "BookRoom"
    let tripId: Int
    let city: String
}

struct FreeRoom: Command {
    static let commandType = "FreeRoom"
    let tripId: Int
    let city: String
}

struct RentCar: Command {
    static let commandType = "RentCar"
    let tripId: Int
    let city: String
}

struct ReturnCar: Command {
    static let commandType = "ReturnCar"
    let tripId: Int
    let city: String
}

struct BookSeat: Command {
    static let commandType = "BookSeat"
    let tripId: Int
    let city: String
}

/// A notification: nobody waits for an answer.
struct MailTicket: Command {
    static let commandType = "MailTicket"
    let tripId: Int
    let traveller: String
}

/// What was asked for is not to be had.
struct Unavailable: FailureReply {
    static let replyType = "Unavailable"
    /// Why, as the traveller reads it: `no room in Oslo left`.
    let reason: String
}
