public import Tram

/// All that can be asked of an application, whatever it is about: what the commands of the shell and the
/// endpoints of the server present. It prints nothing, and knows neither arguments nor sockets.
public struct Workbench {
    /// What is asked.
    public let application: any Application

    /// The workbench of an application.
    public init(_ application: any Application) {
        self.application = application
    }

    /// The services, and how they are connected.
    public var relay: Relay { application.relay }

    /// What the application was built on.
    public var stores: Stores { application.stores }

    /// The service with this name, which must be there.
    package func service(_ name: String) -> Service {
        guard let service = relay.services.first(where: { $0.name == name }) else {
            preconditionFailure("there is no service \(name)")
        }
        return service
    }
}
