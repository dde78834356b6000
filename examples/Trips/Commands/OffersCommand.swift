import ArgumentParser
import TramCommands
import TramWorkbench

struct OffersCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "offers", abstract: "Show what is left in each city.",
        discussion: """
            Example:
              trips offers
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>

    func run(in session: Session<Trips>) throws -> ExitStatus {
        try session.show(
            ListDocument(
                elements: session.open().offers(session.availability),
                columns: [
                    .left("CITY"), .right("ROOMS"), .right("CARS"), .right("SEATS"), .left("DESK"),
                ], empty: "No cities.", id: { escaped($0.city) }
            ) { offer in
                [escaped(offer.city)]
                    + [offer.rooms, offer.cars, offer.seats].map { $0.map { "\($0)" } ?? "?" }
                    + [offer.isOpen.map { $0 ? "open" : "closed" } ?? "?"]
            })
        return .done
    }
}

extension Offer: Document {
    func text(_ style: Style) -> String { escaped(city) + "\n" }

    var json: JSON {
        [
            "city": .string(city), "rooms": .optional(rooms), "cars": .optional(cars),
            "seats": .optional(seats), "open": .optional(isOpen),
        ]
    }
}
