internal import TramWorkbench

/// What an application serves on one port. On which port is said when a server starts.
public struct HTTPService<App: HTTPApplication>: Sendable {
    /// The name by which a port, the metrics and the log mean this service. Mostly that of a store.
    public let name: String
    /// What the service is called in its description. For example `Order Service`.
    public let title: String
    /// What it is, in one sentence, for its description.
    public let description: String
    /// What is its own.
    public let endpoints: [Endpoint<App>]

    /// A service.
    ///
    /// - Parameters:
    ///   - name: the name by which its port is meant.
    ///   - title: what it is called in its description.
    ///   - description: what it is, in one sentence.
    ///   - endpoints: what is its own; the rest it gets.
    public init(
        _ name: String, title: String, description: String? = nil, endpoints: [Endpoint<App>]
    ) {
        self.name = name
        self.title = title
        self.description = description ?? "Served by \(App.name)."
        self.endpoints = endpoints
    }
}

/// The same without its type, for what works on any application.
struct AnyHTTPService: Sendable {
    let name: String
    let title: String
    let description: String
    let endpoints: [AnyEndpoint]

    init<App: HTTPApplication>(_ service: HTTPService<App>) {
        name = service.name
        title = service.title
        description = service.description
        endpoints = service.endpoints.map(\.erased)
    }
}
