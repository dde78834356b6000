internal import CustomersAndOrders
internal import Platform
internal import Presentation
internal import TramCommands
internal import TramWorkbench

/// The process: what `tram serve` becomes when it has checked what it was asked for.
@main
enum Main {
    static func main() async {
        Terminal.reserveStandardStreams()
        Signals.ignoreClosedPipes()
        Signals.ignoreFileSizeLimit()
        exit(await run(Program.arguments()))
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        guard arguments.count == 1,
            let configuration = ServeConfiguration(argument: arguments[0]),
            !configuration.isOpenToAll
        else {
            return report(
                Problem(
                    code: .usage, message: "tram-serve is started by 'tram serve'",
                    help: "\(command: "serve --help")"), isJSON: false)
        }
        do {
            guard configuration.version == CustomersAndOrders.version else {
                throw Problem(
                    code: .noServer,
                    message: "tram is of version \(configuration.version), and tram-serve of "
                        + CustomersAndOrders.version,
                    help: "install both of one version")
            }
            #if Server
                try await Server(configuration).run()
                return 0
            #else
                throw Problem(
                    code: .noServer, message: "tram-serve was built without its server",
                    help: "build it with: make build, or swift build --traits Server")
            #endif
        } catch {
            return report(Problem(error, of: CustomersAndOrders.self), isJSON: configuration.isJSON)
        }
    }

    private static func report(_ problem: Problem, isJSON: Bool) -> Int32 {
        let address = CommandAddress(program: CustomersAndOrders.name)
        let text =
            isJSON
            ? problem.json(for: address).text + "\n"
            : problem.text(Style(for: 2, choice: .auto), for: address)
        try? writeAll(Array(text.utf8), to: 2, path: "standard error")
        return problem.code.exitStatus.rawValue
    }
}
