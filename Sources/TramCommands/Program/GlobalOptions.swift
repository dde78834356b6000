package import ArgumentParser
package import TramWorkbench

/// The options of every command of an application, in any position.
package struct GlobalOptions<App: Application>: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The directory of the stores; else \(Self.dataDirectoryVariable), else ./.\(App.name).",
            valueName: "dir"))
    package var dataDirectory: String?

    @Flag(help: "Print JSON: one line, or one line for each pass.")
    package var json = false

    @Flag(name: .shortAndLong, help: "Print only the essential: an id, the totals.")
    package var quiet = false

    @Option(help: ArgumentHelp("Colors: auto, always or never.", valueName: "when"))
    package var color = ColorChoice.auto

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long to wait for another process, for example 500ms or 5s.",
            valueName: "duration"))
    package var lockTimeout = "5s"

    package init() {}

    /// The variable of the environment that names the directory of the stores: `TRIPS_DATA_DIR`.
    static var dataDirectoryVariable: String {
        App.name.uppercased().split(separator: "-").joined(separator: "_") + "_DATA_DIR"
    }
}

extension ColorChoice: ExpressibleByArgument {}
