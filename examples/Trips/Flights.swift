import Tram

/// The Flight Service: it has seats, and mails tickets.
enum Flights {
    static let tables =
        Stock.tables + [
            """
            INSERT INTO stock VALUES
                ('Lisbon', 2), ('Malta', 2), ('Oslo', 2), ('Porto', 2), ('Rome', 0)
            """,
            "CREATE TABLE ticket (trip INTEGER PRIMARY KEY, traveller TEXT NOT NULL) STRICT",
        ]

    static let handlers = CommandHandlers(
        "flights", on: .flights,
        [
            .on(BookSeat.self) { command, transaction in
                try Stock(transaction).book("seat to", command.city, forTrip: command.tripId)
            },
            .on(MailTicket.self) { command, transaction in
                try transaction.execute(
                    "INSERT INTO ticket VALUES (\(command.tripId), \(command.traveller))")
                return .noReply("ticket mailed to \(command.traveller)")
            },
        ])
}
