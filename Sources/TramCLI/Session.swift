internal import ArgumentParser
internal import CustomersAndOrders
internal import Platform
internal import Presentation
internal import Tram
internal import TramWorkbench

/// A command that works on the stores.
protocol SessionCommand: ParsableCommand {
    var global: GlobalOptions { get }
    /// Whether a service that was left out is told as a warning in JSON: that anything failed, or that
    /// nothing was changed, would not be true.
    var changesStores: Bool { get }

    /// Does the command's work.
    ///
    /// - Returns: `.done`, or the code of an answer that is no error.
    func run(in session: Session) throws -> ExitStatus
}

extension SessionCommand {
    var changesStores: Bool { false }

    func run() throws {
        let session = try Session(global)
        var status = try run(in: session)
        try session.output.flush()
        if let unavailable = session.unavailableStatus(asWarning: changesStores) {
            status = unavailable
        }
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
    /// The services that the command had to leave out.
    let availability = Availability()
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
        let system = try CustomersAndOrders(in: directory)
        availability.whenAway = system.stores.patience.renew
        return system
    }

    /// The system in the data directory, made if there is none.
    func openOrCreate() throws -> CustomersAndOrders {
        let system = try CustomersAndOrders(in: directory)
        try system.stores.create()
        return system
    }

    /// Another data directory.
    func directory(at path: String) -> DataDirectory {
        DataDirectory(path: path, lockTimeout: lockTimeout)
    }

    /// The system in the data directory, whether it is there or not.
    func system() throws -> CustomersAndOrders { try CustomersAndOrders(in: directory) }

    // MARK: Services that are away

    /// Says which services were left out, and why.
    ///
    /// - Parameter asWarning: in JSON, as a warning instead of as an error.
    /// - Returns: what the command then exits with; nil when none was.
    func unavailableStatus(asWarning: Bool) -> ExitStatus? {
        let services = ServiceName.all.compactMap { name in
            availability.reasons[name].map { (name, $0) }
        }
        for (service, reason) in services {
            if asWarning, isJSON {
                warn("\(service) is unavailable: \(Problem(reason as any Error).message)")
            } else {
                tellUnavailable(service, reason)
            }
        }
        return services.first.map { Problem($0.1 as any Error).code.exitStatus }
    }

    /// Says on standard error that a service is left out, and why.
    func tellUnavailable(_ service: String, _ reason: StoreError) {
        let problem = Problem(reason as any Error)
        let line =
            isJSON ? problem.json.text : "\(service) is unavailable: \(escaped(problem.message))"
        try? output.flush()
        try? writeAll(Array((line + "\n").utf8), to: 2, path: "standard error")
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

    /// Says on standard error what to do next, after an answer of no.
    func help(_ text: String) {
        guard !isJSON, !isQuiet else { return }
        let line = "help: \(address.complete(text))\n"
        try? writeAll(Array(line.utf8), to: 2, path: "standard error")
    }

    /// Says on standard error what went wrong beside the command's own work.
    func warn(_ text: String) {
        let line =
            isJSON ? JSON.object([JSON.Member("warning", .string(text))]).text : "warning: \(text)"
        try? output.flush()
        try? writeAll(Array((line + "\n").utf8), to: 2, path: "standard error")
    }

    /// Asks a person at a terminal.
    ///
    /// - Parameter deed: what cannot be taken back: `this replaces stores`.
    /// - Throws: ``Problem`` when the answer is no, or there is nobody to be asked.
    func confirm(_ question: String, deed: String) throws {
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
