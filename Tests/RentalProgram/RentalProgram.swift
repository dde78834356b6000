internal import ArgumentParser
internal import Rental
internal import Tram
internal import TramCommands
internal import TramWorkbench

/// The application as a program: two commands of its own, and those of the workbench.
@main
enum RentalProgram {
    static func main() {
        CommandLineProgram<Rental>(RootCommand.self).run()
    }
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Rental.name, abstract: "Rent cars out.", version: Rental.version,
        subcommands: [Rent.self, Inspect.self] + WorkbenchCommands<Rental>.all)

    @OptionGroup(title: "Global options") var global: GlobalOptions<Rental>
}

struct Rent: SessionCommand {
    @Option(help: "Who rents.") var driver: String
    @OptionGroup(title: "Global options") var global: GlobalOptions<Rental>

    func run(in session: Session<Rental>) throws -> ExitStatus {
        let saga = try session.openOrCreate().rent(to: driver)
        try session.output.writeLine(saga.name)
        return .done
    }
}

struct Inspect: SessionCommand {
    @OptionGroup(title: "Global options") var global: GlobalOptions<Rental>

    func run(in session: Session<Rental>) throws -> ExitStatus {
        let chain = try session.openOrCreate().inspect()
        try session.output.writeLine(chain.name)
        return .done
    }
}
