import Tram

/// The three services that take part, each with a table of its own.
enum Participants {
    static let flights = CommandHandlers(
        "flights", on: .flights,
        [
            .on(BookFlight.self) { command, transaction in
                let seat: Int = try transaction.rows(
                    """
                    INSERT INTO seat (traveller) VALUES (\(command.traveller)) RETURNING number
                    """)[0].values()
                return .success(
                    FlightBooked(seat: "\(seat)A"), "seat \(seat)A to \(command.to) booked")
            },
            .on(CancelFlight.self) { command, transaction in
                try transaction.execute("DELETE FROM seat WHERE traveller = \(command.traveller)")
                return .success(Done(), "flight of \(command.traveller) cancelled")
            },
            .on(IssueTicket.self) { command, _ in
                .noReply("ticket for seat \(command.seat) issued")
            },
        ])

    static let cars = CommandHandlers(
        "cars", on: .cars,
        [
            .on(RentCar.self) { command, transaction in
                try transaction.execute("INSERT INTO rental VALUES (\(command.traveller))")
                return .success(Done(), "car for \(command.traveller) rented")
            },
            .on(ReturnCar.self) { command, transaction in
                try transaction.execute("DELETE FROM rental WHERE traveller = \(command.traveller)")
                return .success(Done(), "car of \(command.traveller) returned")
            },
        ])

    /// The hotel has one room.
    static let hotels = CommandHandlers(
        "hotels", on: .hotels,
        [
            .on(BookHotel.self) { command, transaction in
                let guests: Int = try transaction.rows("SELECT count(*) FROM room")[0].values()
                guard guests == 0 else {
                    throw Refusal(
                        HotelFull(city: command.city), "the hotel in \(command.city) is full")
                }
                try transaction.execute("INSERT INTO room VALUES (\(command.traveller))")
                return .success(Done(), "room for \(command.traveller) booked")
            }
        ])
}
