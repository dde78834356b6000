import ArgumentParser
import TramCommands
import TramWorkbench

struct ShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a trip: whether it is booked, and why not.",
        discussion: """
            Example:
              trips show 1
            """)

    @Argument(help: "The trip's id.") var id: String
    @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>

    func run(in session: Session<Trips>) throws -> ExitStatus {
        let id = try Input.id(id, field: "id")
        guard let trip = try session.open().trips.trip(id) else {
            throw Problem.tripNotFound(id)
        }
        try session.show(trip)
        return .done
    }
}

struct ListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all trips.",
        discussion: """
            Example:
              trips list --json
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>

    func run(in session: Session<Trips>) throws -> ExitStatus {
        let service = try session.open().trips
        let trips = try collectPages(
            { try service.trips(after: $0, limit: pageSize) }, id: \.id)
        try session.show(
            ListDocument(
                elements: trips,
                columns: [.left("TRIP"), .left("STATE"), .left("REASON"), .left("WHAT")],
                empty: "No trips.", id: { "\($0.id)" }
            ) {
                [
                    "\($0.id)", $0.state.rawValue, escaped($0.reason ?? ""), $0.summary,
                ]
            })
        return .done
    }
}

extension Trip: Document {
    /// Who goes where, in a line.
    var summary: String {
        "\(escaped(traveller)) to \(escaped(city))\(wantsCar ? ", with a car" : "")"
    }

    func text(_ style: Style) -> String {
        "Trip \(id): \(state.rawValue), \(summary)\n"
            + (reason.map { "  reason  \(escaped($0))\n" } ?? "")
    }
}
