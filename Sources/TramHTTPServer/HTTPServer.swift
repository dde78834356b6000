internal import Dispatch
internal import Platform
internal import Synchronization
public import TramHTTP
public import TramWorkbench

/// The server of an application: its HTTP services, and a relay that delivers messages as they come.
///
/// ```swift
/// try HTTPServer<Trips>.run(configuration)
/// ```
public enum HTTPServer<App: HTTPApplication> {
    /// Serves until SIGINT or SIGTERM comes, and ends when the requests in hand are answered. Standard
    /// output is told the addresses, and standard error gets the log. The process ignores SIGPIPE from
    /// here on: a client that leaves is no reason to end.
    ///
    /// It blocks its thread, which may be the main one, but must not be one of Swift's tasks.
    ///
    /// - Parameters:
    ///   - program: the program that runs, for whoever must be told that it has no server.
    ///   - building: how one is built that has.
    /// - Throws: `Problem` and errors of stores, when it cannot be started. Without the trait Server it is
    ///   always a `Problem`: the libraries that listen are not there.
    public static func run(
        _ configuration: ServeConfiguration, program: String = App.name,
        building: Advice = "build it with: swift build --traits Server"
    ) throws {
        Signals.ignoreClosedPipes()
        Signals.ignoreFileSizeLimit()
        #if Server
            let server = try Server(App.self, configuration)
            let outcome = Mutex<(any Error)?>(nil)
            let ended = DispatchSemaphore(value: 0)
            Task.detached {
                do {
                    try await server.run()
                } catch {
                    outcome.withLock { $0 = error }
                }
                ended.signal()
            }
            ended.wait()
            if let error = outcome.withLock({ $0 }) { throw error }
        #else
            throw Problem(
                code: .noServer, message: "\(program) was built without its server",
                help: building)
        #endif
    }
}
