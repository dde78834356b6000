public import TramWorkbench

/// An application that can be asked over HTTP: what is its own there. Health, metrics, the description, the
/// relay, dead letters, sagas and the purge it gets.
///
/// ```swift
/// extension Trips: HTTPApplication {
///     static let endpoints: [Endpoint<Trips>] = [bookTrip, showTrip]
/// }
/// ```
///
/// What is said here is asked once, when a server starts.
public protocol HTTPApplication: Application {
    /// What the application's one service can be asked for. An application with several services says them
    /// as ``httpServices`` instead.
    static var endpoints: [Endpoint<Self>] { get }

    /// The HTTP services, each on a port of its own: one with the application's name and ``endpoints``, when
    /// nothing else is said.
    static var httpServices: [HTTPService<Self>] { get }

    /// The JSON Schemas to which the descriptions of endpoints refer by name (`JSONSchema.reference`), beside
    /// those that every application has. They are told first, in this order.
    static var schemas: [JSON.Member] { get }

    /// The codes of the problems that are the application's own.
    static var problemCodes: [Problem.Code] { get }

    /// What is measured of the application each time somebody asks for its metrics.
    static var gauges: [Gauge<Self>] { get }
}

extension HTTPApplication {
    /// None of its own.
    public static var endpoints: [Endpoint<Self>] { [] }
    /// One, with the name of the application.
    public static var httpServices: [HTTPService<Self>] {
        [HTTPService(name, title: name, endpoints: endpoints)]
    }
    /// None.
    public static var schemas: [JSON.Member] { [] }
    /// None.
    public static var problemCodes: [Problem.Code] { [] }
    /// None.
    public static var gauges: [Gauge<Self>] { [] }
}
