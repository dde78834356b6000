import ArgumentParser
import TramCommands
import TramHTTP
import TramHTTPServer
import TramWorkbench

/// One executable with the commands and the server.
@main
enum Main {
    static func main() { CommandLineProgram<Depot>(RootCommand.self).run() }
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Depot.name, version: Depot.version,
        subcommands: [ServeCommand<Depot>.self, OutboxCommand<Depot>.self])

    @OptionGroup var global: GlobalOptions<Depot>
}

extension Depot: ServableApplication {
    static func serve(_ configuration: ServeConfiguration) throws {
        try HTTPServer<Depot>.run(configuration)
    }
}
