import Tram

/// The Car Service.
enum Cars {
    static let tables =
        Stock.tables + [
            """
            INSERT INTO stock VALUES
                ('Lisbon', 1), ('Malta', 1), ('Oslo', 0), ('Porto', 1), ('Rome', 1)
            """
        ]

    static let handlers = CommandHandlers(
        "cars", on: .cars,
        [
            .on(RentCar.self) { command, transaction in
                try Stock(transaction).book("car in", command.city, forTrip: command.tripId)
            },
            .on(ReturnCar.self) { command, transaction in
                try Stock(transaction).giveBack("car in", command.city, ofTrip: command.tripId)
            },
        ])
}
