import ArgumentParser
import Tram
import TramCommands
import TramWorkbench

struct HotelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hotel", abstract: "Open and close the desks of hotels.",
        discussion: """
            A hotel whose desk is closed does not answer. The saga asks it again after a while.

            Example:
              trips hotel open Porto
            """,
        subcommands: [Open.self, Close.self])

    struct Open: SessionCommand {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Open the desk of a city's hotel: it answers.",
            discussion: """
                Example:
                  trips hotel open Porto
                """)

        @Argument(help: "The city.") var city: String
        @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>

        func run(in session: Session<Trips>) throws -> ExitStatus {
            try session.show(Desk(city: city, isOpen: true, in: session.openOrCreate()))
            return .done
        }
    }

    struct Close: SessionCommand {
        static let configuration = CommandConfiguration(
            commandName: "close", abstract: "Close the desk of a city's hotel: nobody answers.",
            discussion: """
                Example:
                  trips hotel close Porto
                """)

        @Argument(help: "The city.") var city: String
        @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>

        func run(in session: Session<Trips>) throws -> ExitStatus {
            try session.show(Desk(city: city, isOpen: false, in: session.openOrCreate()))
            return .done
        }
    }
}

/// A desk that was opened or closed.
private struct Desk: Document {
    let city: String
    let isOpen: Bool

    init(city: String, isOpen: Bool, in application: Trips) throws {
        guard try application.setHotel(city, isOpen: isOpen) else {
            throw Problem(
                code: .cityNotFound, message: "there is no hotel in \(city)",
                help: "see all cities: \(command: "offers")", field: "city", value: city)
        }
        self.city = city
        self.isOpen = isOpen
    }

    func text(_ style: Style) -> String {
        "The desk in \(escaped(city)) is \(isOpen ? "open" : "closed").\n"
    }

    var json: JSON { ["city": .string(city), "open": .bool(isOpen)] }
}
