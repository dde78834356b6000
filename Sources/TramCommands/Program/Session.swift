internal import Platform
public import Tram
public import TramWorkbench

/// What a command has at hand: the global options, made useful.
public struct Session<App: Application> {
    /// Where results are written.
    public let output = StandardOutput()
    /// How text is printed.
    public let style: Style
    /// Whether results are printed as JSON.
    public let isJSON: Bool
    /// Whether only the essential is printed.
    public let isQuiet: Bool
    /// The path of the data directory.
    public let path: String
    /// How long to wait for another process, in milliseconds.
    public let lockTimeout: Int
    /// The services that the command had to leave out.
    public let availability = Availability()
    private let directory: DataDirectory
    /// The commands in hints are for the same stores.
    private let address: CommandAddress

    /// Reads the global options.
    ///
    /// - Throws: `Problem` when one is not good.
    public init(_ options: GlobalOptions<App>) throws {
        let path =
            options.dataDirectory ?? Terminal.environment(GlobalOptions<App>.dataDirectoryVariable)
            ?? ".\(App.name)"
        guard !path.isEmpty else {
            throw Problem.invalid(
                .dataDirectory, field: "data-dir", value: path, "the path of a directory")
        }
        self.path = path
        lockTimeout = try Input.duration(options.lockTimeout, field: "lock-timeout")
        address = CommandAddress(App.self, dataDirectory: options.dataDirectory)
        directory = DataDirectory(path: path, lockTimeout: lockTimeout)
        style = Style(for: 1, choice: options.color)
        isJSON = options.json
        isQuiet = options.quiet
    }

    /// The system in the data directory.
    ///
    /// - Throws: when there is none.
    public func open() throws -> App {
        try directory.requireStores()
        let system = try App(in: directory)
        availability.whenAway = system.stores.patience.renew
        return system
    }

    /// The system in the data directory, made if there is none.
    public func openOrCreate() throws -> App {
        let system = try App(in: directory)
        try system.stores.create()
        return system
    }

    /// Another data directory.
    package func directory(at path: String) -> DataDirectory {
        DataDirectory(path: path, lockTimeout: lockTimeout)
    }

    /// The system in the data directory, whether it is there or not.
    public func system() throws -> App { try App(in: directory) }

    // MARK: Services that are away

    /// Says which services were left out, and why.
    ///
    /// - Parameter asWarning: in JSON, as a warning instead of as an error.
    /// - Returns: what the command then exits with; nil when none was.
    public func unavailableStatus(asWarning: Bool) -> ExitStatus? {
        let services = App.definitions.map(\.name).compactMap { name in
            availability.reasons[name].map { (name, $0) }
        }
        for (service, reason) in services {
            if asWarning, isJSON {
                warn("\(service) is unavailable: \(Problem(reason, of: App.self).message)")
            } else {
                tellUnavailable(service, reason)
            }
        }
        return services.first.map { Problem($0.1, of: App.self).code.exitStatus }
    }

    /// Says on standard error that a service is left out, and why.
    public func tellUnavailable(_ service: String, _ reason: StoreError) {
        let problem = Problem(reason, of: App.self)
        let line =
            isJSON
            ? problem.json(for: address).text
            : "\(service) is unavailable: \(escaped(problem.message))"
        try? output.flush()
        try? writeAll(Array((line + "\n").utf8), to: 2, path: "standard error")
    }

    /// Prints a result.
    public func show(_ document: some Document) throws {
        if isJSON {
            try output.writeLine(document.json.text)
        } else if isQuiet, let text = document.quietText {
            if !text.isEmpty { try output.writeLine(text) }
        } else {
            try output.write(document.text(style))
        }
    }

    /// Says what could be done next, to a person at a terminal.
    public func hint(_ text: Advice) {
        guard !isJSON, !isQuiet, Terminal.isInteractive(1), Terminal.isInteractive(2) else {
            return
        }
        try? output.flush()
        let line = "hint: \(text.text(for: address))\n"
        try? writeAll(Array(line.utf8), to: 2, path: "standard error")
    }

    /// Says on standard error what to do next, after an answer of no.
    public func help(_ text: Advice) {
        guard !isJSON, !isQuiet else { return }
        let line = "help: \(text.text(for: address))\n"
        try? writeAll(Array(line.utf8), to: 2, path: "standard error")
    }

    /// Says on standard error what went wrong beside the command's own work.
    public func warn(_ text: String) {
        let line =
            isJSON ? JSON.object([JSON.Member("warning", .string(text))]).text : "warning: \(text)"
        try? output.flush()
        try? writeAll(Array((line + "\n").utf8), to: 2, path: "standard error")
    }

    /// Asks a person at a terminal.
    ///
    /// - Parameters:
    ///   - question: what is asked, without the choice of answers.
    ///   - deed: what cannot be taken back: `this replaces stores`.
    /// - Throws: `Problem` when the answer is no, or there is nobody to be asked.
    public func confirm(_ question: String, deed: String) throws {
        guard Terminal.isInteractive(0), Terminal.isInteractive(2), !isJSON else {
            throw Problem(
                code: .confirmation, message: "\(deed), and there is no terminal to ask at",
                reason: "Nothing was changed.", help: "confirm it: --yes")
        }
        try writeAll(
            Array("\(escaped(question)) [y/N] ".utf8), to: 2, path: "standard error")
        let answer = readLine(strippingNewline: true)?.lowercased()
        guard answer == "y" || answer == "yes" else {
            throw Problem(
                code: .confirmation, message: "the answer was no", reason: "Nothing was changed.",
                help: "answer y, or give --yes")
        }
    }
}
