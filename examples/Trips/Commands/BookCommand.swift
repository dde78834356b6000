import ArgumentParser
import Tram
import TramCommands
import TramWorkbench

struct BookCommand: ActionCommand {
    typealias Performed = Book
    static let hint: Advice = "'\(command: "relay run")' makes the saga's next step"
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

    var values: [String: String?] {
        ["traveller": traveller, "city": city, "car": "\(car)"]
    }
}

extension Booking: Document {
    func text(_ style: Style) -> String {
        "Requested trip \(trip.id): \(trip.state.rawValue), \(trip.summary)\n"
            + sent.map { "Sent \($0.id) \($0.type) (pending)\n" }.joined()
    }

    var quietText: String? { "\(trip.id)" }
}
