import ArgumentParser
import Tram
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
        let left = try session.open().left(session.availability)
        try session.show(
            ListDocument(
                elements: Set(left.values.flatMap(\.keys)).sorted().map { city in
                    Offer(city: city, left: left.mapValues { $0[city, default: 0] })
                },
                columns: [.right("ROOMS"), .right("CARS"), .right("SEATS"), .left("CITY")],
                empty: "No cities.", id: { escaped($0.city) }
            ) { offer in
                ["hotels", "cars", "flights"].map { offer.left[$0].map { "\($0)" } ?? "?" }
                    + [escaped(offer.city)]
            })
        return .done
    }
}

extension Trips {
    /// What the services have left, by service and city, without those that are away. No service looks
    /// into another's store: what needs several is the application's, and only reads.
    func left(_ availability: Availability) throws -> [String: [String: Int]] {
        try ["hotels", "cars", "flights"].reduce(into: [:]) { left, service in
            left[service] = try availability.attempt(stores[service]) { store in
                try store.read { try Stock($0).left() }
            }
        }
    }
}

/// What is left in a city, by service.
private struct Offer: Document {
    let city: String
    let left: [String: Int]

    func text(_ style: Style) -> String { escaped(city) + "\n" }

    var json: JSON {
        [
            "city": .string(city), "rooms": .optional(left["hotels"]),
            "cars": .optional(left["cars"]), "seats": .optional(left["flights"]),
        ]
    }
}
