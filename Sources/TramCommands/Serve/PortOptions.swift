public import ArgumentParser
public import TramWorkbench

/// The options by which a user chooses where an application's HTTP services listen. An application with
/// several of them has an option for each:
///
/// ```swift
/// struct TripPorts: PortOptions {
///     static let served = "both services"
///     static let exampleURL = "http://localhost:8081/trips"
///
///     @Option(help: "The port of the trips.") var tripsPort = "8081"
///     @Option(help: "The port of the flights.") var flightsPort = "8082"
///
///     func ports() throws -> [ServicePort] {
///         [try ServicePort("trips", tripsPort), try ServicePort("flights", flightsPort)]
///     }
/// }
/// ```
public protocol PortOptions: ParsableArguments {
    /// What is served, in the words of a help. For example `the three services`.
    static var served: String { get }

    /// Something to ask a server for, at its default ports: the example of a help.
    static var exampleURL: String { get }

    /// The ports that a user has chosen, in the order in which they are told.
    ///
    /// - Throws: `Problem` when a value is not a port.
    func ports() throws -> [ServicePort]
}

/// The option `--port` of an application with one HTTP service, which has the application's name.
public struct SinglePort<App: Application>: PortOptions {
    public static var served: String { App.name }
    public static var exampleURL: String { "http://localhost:8080/relay/status" }

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port to listen on; 0 for a free one.", valueName: "port"))
    var port = "8080"

    public init() {}

    public func ports() throws -> [ServicePort] {
        [try ServicePort(App.name, option: "port", port)]
    }
}
