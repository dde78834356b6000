public import ArgumentParser
public import TramWorkbench

/// A command that works on the stores of an application.
public protocol SessionCommand: ParsableCommand {
    /// The application.
    associatedtype App: Application

    /// The options of every command.
    var global: GlobalOptions<App> { get }
    /// Whether a service that was left out is told as a warning in JSON: that anything failed, or that
    /// nothing was changed, would not be true.
    var changesStores: Bool { get }

    /// Does the command's work.
    ///
    /// - Returns: `.done`, or the code of an answer that is no error.
    func run(in session: Session<App>) throws -> ExitStatus
}

extension SessionCommand {
    public var changesStores: Bool { false }

    public func run() throws {
        let session = try Session(global)
        var status = try run(in: session)
        try session.output.flush()
        if let unavailable = session.unavailableStatus(asWarning: changesStores) {
            status = unavailable
        }
        if status != .done { throw ExitCode(status.rawValue) }
    }
}
