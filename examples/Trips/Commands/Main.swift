import ArgumentParser
import TramCommands
import TramHTTPServer
import TramWorkbench

@main
enum Main {
    static func main() {
        CommandLineProgram<Trips>(RootCommand.self).run()
    }
}

/// The application's own commands, and those of the workbench.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Trips.name, abstract: "Books trips: rooms, cars and seats, all or none.",
        discussion: """
            Four services, each with a store of its own. A saga asks the hotels, the cars and the \
            flights in turn, and gives back what it has when one of them has nothing left.

            Example:
              trips book --traveller Ada --city Lisbon
              trips relay run --until-idle
              trips show 1
            """,
        version: Trips.version,
        subcommands: [BookCommand.self, ShowCommand.self, ListCommand.self, OffersCommand.self]
            + WorkbenchCommands<Trips>.allWithServe)

    @OptionGroup(title: "Global options") var global: GlobalOptions<Trips>
}

/// The server runs in this same process.
extension Trips: ServableApplication {
    static func serve(_ configuration: ServeConfiguration) throws {
        try HTTPServer<Trips>.run(configuration)
    }
}
