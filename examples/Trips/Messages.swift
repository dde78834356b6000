import Tram

// What the services say to one another: they share these words, and nothing else.

extension CommandChannel {
    static let hotels: CommandChannel = "hotels"
    static let cars: CommandChannel = "cars"
    static let flights: CommandChannel = "flights"
}

struct BookRoom: Command, Hashable {
    static let commandType = "BookRoom"
    let trip: Int
    let traveller: String
    let city: String
}

struct FreeRoom: Command, Hashable {
    static let commandType = "FreeRoom"
    let trip: Int
    let city: String
}

struct RentCar: Command, Hashable {
    static let commandType = "RentCar"
    let trip: Int
    let city: String
}

struct ReturnCar: Command, Hashable {
    static let commandType = "ReturnCar"
    let trip: Int
    let city: String
}

struct BookSeat: Command, Hashable {
    static let commandType = "BookSeat"
    let trip: Int
    let traveller: String
    let city: String
}

/// A notification: nobody waits for an answer.
struct MailTicket: Command, Hashable {
    static let commandType = "MailTicket"
    let trip: Int
}

/// What was asked for is not to be had.
struct Unavailable: FailureReply, Hashable {
    static let replyType = "Unavailable"
    /// Why, as the traveller reads it: `no room left in Oslo`.
    let reason: String
}
