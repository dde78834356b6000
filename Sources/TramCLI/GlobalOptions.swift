internal import ArgumentParser
internal import Presentation

/// The options of every command, in any position.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The directory of the stores; else TRAM_DATA_DIR, else ./.tram.", valueName: "dir"))
    var dataDirectory: String?

    @Flag(help: "Print JSON: one line, or one line for each pass.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print only the essential: an id, the totals.")
    var quiet = false

    @Option(help: ArgumentHelp("Colors: auto, always or never.", valueName: "when"))
    var color = ColorChoice.auto

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long to wait for another process, for example 500ms or 5s.",
            valueName: "duration"))
    var lockTimeout = "5s"
}

extension ColorChoice: ExpressibleByArgument {}
