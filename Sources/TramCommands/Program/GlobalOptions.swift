public import ArgumentParser
public import TramWorkbench

/// The options of every command of an application, in any position.
public struct GlobalOptions<App: Application>: ParsableArguments {
    /// `--data-dir DIR`; nil when it is not given.
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The directory of the stores; else \(Self.dataDirectoryVariable), else ./.\(App.name).",
            valueName: "dir"))
    public var dataDirectory: String?

    /// `--json`.
    @Flag(help: "Print JSON: one line, or one line for each pass.")
    public var json = false

    /// `--quiet`.
    @Flag(name: .shortAndLong, help: "Print only the essential: an id, the totals.")
    public var quiet = false

    /// `--color WHEN`.
    @Option(help: ArgumentHelp("Colors: auto, always or never.", valueName: "when"))
    public var color = ColorChoice.auto

    /// `--lock-timeout DURATION`, as it was given.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long to wait for another process, for example 500ms or 5s.",
            valueName: "duration"))
    public var lockTimeout = "5s"

    public init() {}

    /// The variable of the environment that names the directory of the stores: `TRIPS_DATA_DIR`.
    static var dataDirectoryVariable: String {
        App.name.uppercased().split(separator: "-").joined(separator: "_") + "_DATA_DIR"
    }
}

extension ColorChoice: ExpressibleByArgument {}
