import ArgumentParser
import Tram
import TramCommands
import TramWorkbench

struct BookCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "book", abstract: "Request a trip; makes the stores if there are none.",
        discussion: """
            The saga then books it, step by step, as the relay delivers messages. With an \
            idempotency key, the command can be repeated: it requests one trip, and prints the same \
            each time.

            Example:
              trips book --traveller Ada --city Lisbon
              trips book --traveller Bob --city Rome --car --idempotency-key bob-1
            """)

    @Option(parsing: .unconditional, help: "Who travels: 1 to 200 characters.")
    var traveller: String

    @Option(parsing: .unconditional, help: "Where to: see 'trips offers'.")
    var city: String

    @Flag(help: "With a car.")
    var car = false

    @OptionGroup var idempotency: IdempotencyOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>

    func run(in session: Session<Trips>) throws -> ExitStatus {
        let request = BookTrip.Data(
            traveller: try Input.text(traveller, field: "traveller", code: .traveller),
            city: try Input.text(city, field: "city", code: .city), wantsCar: car)
        let key = try idempotency.key
        try session.show(session.openOrCreate().trips.book(request, key: key))
        session.hint("'\(command: "relay run")' makes the saga's next step")
        return .done
    }
}

extension Booking: Document {
    func text(_ style: Style) -> String {
        "Requested trip \(trip.id): \(trip.state.rawValue), \(trip.summary)\n"
            + sent.map { "Sent \($0.id) \($0.type) (pending)\n" }.joined()
    }

    var json: JSON {
        trip.json.adding([JSON.Member("published", .strings(sent.map(\.id.description)))])
    }

    var quietText: String? { "\(trip.id)" }
}
