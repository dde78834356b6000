internal import ArgumentParser
internal import CustomersAndOrders
internal import Platform
internal import Presentation

/// A command that works on the stores.
protocol SessionCommand: ParsableCommand {
    var global: GlobalOptions { get }

    /// Does the command's work.
    ///
    /// - Returns: `.done`, or the code of an answer that is no error.
    func run(in session: Session) throws -> ExitStatus
}

extension SessionCommand {
    func run() throws {
        let session = try Session(global)
        let status = try run(in: session)
        try session.output.flush()
        if status != .done { throw ExitCode(status.rawValue) }
    }
}

/// What a command has at hand: the global options, made useful.
struct Session {
    let output = StandardOutput()
    let style: Style
    let isJSON: Bool
    let isQuiet: Bool
    /// The path of the data directory.
    let path: String
    /// How long to wait for another process, in milliseconds.
    let lockTimeout: Int
    private let directory: DataDirectory
    /// The commands in hints are for the same stores.
    private let address: CommandAddress

    init(_ options: GlobalOptions) throws {
        let path = options.dataDirectory ?? Terminal.environment("TRAM_DATA_DIR") ?? ".tram"
        guard !path.isEmpty else {
            throw Problem.invalid(
                .dataDirectory, field: "data-dir", value: path, "the path of a directory")
        }
        self.path = path
        lockTimeout = try Input.duration(options.lockTimeout, field: "lock-timeout")
        address = CommandAddress(dataDirectory: options.dataDirectory)
        directory = DataDirectory(path: path, lockTimeout: lockTimeout)
        style = Style(for: 1, choice: options.color)
        isJSON = options.json
        isQuiet = options.quiet
    }

    /// The system in the data directory.
    ///
    /// - Throws: when there is none.
    func open() throws -> CustomersAndOrders {
        try directory.requireStores()
        return try CustomersAndOrders(in: directory)
    }

    /// The system in the data directory, made if there is none.
    func openOrCreate() throws -> CustomersAndOrders {
        let system = try CustomersAndOrders(in: directory)
        try system.create()
        return system
    }

    /// Prints a result.
    func show(_ document: some Document) throws {
        if isJSON {
            try output.writeLine(document.json.text)
        } else if isQuiet, let text = document.quietText {
            if !text.isEmpty { try output.writeLine(text) }
        } else {
            try output.write(document.text(style))
        }
    }

    /// Says what could be done next, to a person at a terminal.
    func hint(_ text: String) {
        guard !isJSON, !isQuiet, Terminal.isInteractive(1), Terminal.isInteractive(2) else {
            return
        }
        try? output.flush()
        let line = "hint: \(address.complete(text))\n"
        try? writeAll(Array(line.utf8), to: 2, path: "standard error")
    }
}
