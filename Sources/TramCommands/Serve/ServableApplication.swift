internal import Platform
public import TramWorkbench

/// An application with the command `serve`.
///
/// ```swift
/// extension Trips: ServableApplication {
///     static func serve(_ configuration: ServeConfiguration) throws {
///         try HTTPServer<Trips>.run(configuration)
///     }
/// }
/// ```
public protocol ServableApplication: Application {
    /// The options for the ports of its HTTP services. An application that says nothing has one service, and
    /// the option `--port`.
    associatedtype Ports: PortOptions = SinglePort<Self>

    /// Serves until the process is told to end. The default becomes the program `NAME-serve` beside this one.
    ///
    /// - Throws: `Problem` when nothing can be served.
    static func serve(_ configuration: ServeConfiguration) throws
}

extension ServableApplication {
    public static func serve(_ configuration: ServeConfiguration) throws {
        try becomeServer(configuration, help: "build or install both")
    }

    /// Becomes the program `NAME-serve`, which lies beside this one: so this one stays small and starts fast.
    ///
    /// - Parameter help: how a user gets that program when it is not there.
    /// - Throws: `Problem` when it cannot be run; otherwise this does not return.
    public static func becomeServer(
        _ configuration: ServeConfiguration, help: Advice
    ) throws -> Never {
        let name = "\(name)-serve"
        var server = name
        if let path = Program.path(), let slash = path.lastIndex(of: "/") {
            server = String(path[...slash]) + name
        }
        do {
            try Program.become(server, [configuration.argument])
        } catch let error as SystemError {
            throw Problem(
                code: .noServer, message: "the server cannot be run: \(server): \(error.reason)",
                reason: "'\(Self.name) serve' runs \(name), which must be beside \(Self.name).",
                help: help)
        }
    }
}
