internal import Platform
public import TramHTTP
public import TramWorkbench

/// The process of a server that is a program of its own: what the command `serve` becomes when it has
/// checked what it was asked for. It is called `NAME-serve`.
///
/// ```swift
/// @main
/// enum Main {
///     static func main() { ServerProgram<Trips>().run() }
/// }
/// ```
public struct ServerProgram<App: HTTPApplication> {
    private let building: Advice
    private var name: String { "\(App.name)-serve" }

    /// - Parameter building: how the program is built with its server, for whoever has built it without.
    public init(building: Advice = "build it with: swift build --traits Server") {
        self.building = building
    }

    /// Runs the program and ends the process.
    public func run() -> Never {
        Terminal.reserveStandardStreams()
        exit(status(Program.arguments()))
    }

    private func status(_ arguments: [String]) -> Int32 {
        guard arguments.count == 1,
            let configuration = ServeConfiguration(argument: arguments[0]),
            !configuration.isOpenToAll
        else {
            return report(
                Problem(
                    code: .usage, message: "\(name) is started by '\(App.name) serve'",
                    help: "\(command: "serve --help")"), isJSON: false)
        }
        do {
            guard configuration.version == App.version else {
                throw Problem(
                    code: .noServer,
                    message: "\(App.name) is of version \(configuration.version), and \(name) of "
                        + App.version,
                    help: "install both of one version")
            }
            try HTTPServer<App>.run(configuration, program: name, building: building)
            return 0
        } catch {
            return report(Problem(error, of: App.self), isJSON: configuration.isJSON)
        }
    }

    private func report(_ problem: Problem, isJSON: Bool) -> Int32 {
        let address = CommandAddress(program: App.name)
        let text =
            isJSON
            ? problem.json(for: address).text + "\n"
            : problem.text(Style(for: 2, choice: .auto), for: address)
        try? writeAll(Array(text.utf8), to: 2, path: "standard error")
        return problem.code.exitStatus.rawValue
    }
}
