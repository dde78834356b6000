public import ArgumentParser
internal import Platform
internal import Tram
public import TramWorkbench

/// `relay`: delivers what is pending, and tells who needs help.
public struct RelayCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "relay", abstract: "Deliver pending messages to their subscribers.",
            discussion: """
                Example:
                  \(App.name) relay run --until-idle
                """,
            subcommands: [Run.self, Status.self, Redeliver.self])
    }

    public init() {}

    struct Run: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "run",
                abstract: "Make one pass: deliver what is pending now.",
                discussion: """
                    What handlers publish waits for the next pass, so a saga moves one visible step at \
                    a time. Exit code 1 when a delivery failed: its message stays pending, and is \
                    parked when it has failed too often.

                    Example:
                      \(App.name) relay run --until-idle
                    """)
        }

        @Flag(help: "Repeat passes until nothing else can move.")
        var untilIdle = false

        @Flag(help: "Make one delivery only.")
        var step = false

        @Flag(help: "Go on as new messages come, until interrupted.")
        var watch = false

        @Flag(help: "Run the real handlers, print what would happen, and change nothing.")
        var dryRun = false

        @Flag(help: "Exit with code 2 if messages are still pending.")
        var exitCode = false

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("At most this many messages in a pass.", valueName: "n"))
        var maxMessages: String?

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "Treat the deadlines of sagas within this time as passed.",
                valueName: "duration"
            ))
        var advance: String?

        @Option(help: "Only this service's outbox: \(ServiceChoice<App>.sentence).")
        var service: ServiceChoice<App>?

        @OptionGroup var parkingOptions: ParkingOptions
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let parking = try parkingOptions.policy()
            let bounds = RelayRun.Bounds(
                source: service?.name,
                messages: try maxMessages.map { try Input.count($0, field: "max-messages") },
                advance: .milliseconds(
                    try advance.map { try Input.duration($0, field: "advance") } ?? 0),
                isInterrupted: { Signals.pending != nil })
            try refuseContradictions()
            let system = try session.open()
            var notice =
                dryRun
                ? nil : parkingOptions.onParked.map { ParkedNotice($0) { Signals.pending != nil } }
            func tell(isNew: Bool) throws {
                try notice?.tell(isNew: isNew, in: system) { session.warn($0) }
            }
            let result = try system.stores.withRelayLock {
                Signals.watch()
                let reporter = RelayReporter(
                    session, subscribers: system.relay.services.flatMap(\.subscribers),
                    isDryRun: dryRun,
                    deadLetters: {
                        try system.workbench.deadLetters(limit: 5, session.availability)
                    })
                let run = system.relay.run(
                    system.stores.availability(), parking: parking, journal: system.stores.journal)
                // What stops the relay stops it before the first delivery.
                try system.stores.openForWriting(run.availability)
                var driver = RelayDriver(
                    run: run, bounds: bounds, reporter: reporter, patience: system.stores.patience)
                do {
                    try drive(&driver, run, system, session, reporter) {
                        try tell(isNew: $0.newlyParked > 0)
                    }
                } catch let error as StoreError {
                    try reporter.abandon()
                    throw driver.hasDelivered
                        ? Problem.amidWork(error, of: App.self) : error
                }
                let status = try status(driver, system, session, reporter)
                let away = App.definitions.map(\.name).compactMap { run.availability.reasons[$0] }
                    .first
                return away.map { Problem($0, of: App.self).code.exitStatus }
                    ?? status
            }
            // The relay's lock is free again: the command may take its time, or start a relay.
            try tell(isNew: true)
            return result
        }

        private func drive(
            _ driver: inout RelayDriver<App>, _ run: RelayRun,
            _ system: App,
            _ session: Session<App>, _ reporter: RelayReporter<App>,
            afterPass: (PassSummary) throws -> Void
        ) throws {
            if dryRun {
                // The report is printed when the stores are free again: who reads it may be slow.
                session.output.isHeldBack = true
                try run.rehearse { try makeOnePass(&driver) }
                session.output.isHeldBack = false
                try session.output.flush()
            } else if watch {
                try driver.watch(afterPass: afterPass)
            } else if untilIdle {
                try driver.passUntilIdle()
                try reporter.report(
                    deadlines: system.relay.deadlines(limit: 100, run.availability))
            } else {
                try makeOnePass(&driver)
            }
        }

        private func makeOnePass(_ driver: inout RelayDriver<App>) throws {
            if step { try driver.step() } else { try driver.pass() }
        }

        private func refuseContradictions() throws {
            let ways = [(step, "--step"), (untilIdle, "--until-idle"), (watch, "--watch")]
                .filter(\.0).map(\.1)
            let contradiction: [String]
            if ways.count > 1 {
                contradiction = ways
            } else if dryRun, let way = ways.first(where: { $0 != "--step" }) {
                // What a pass would publish is undone, so there is nothing for a second one.
                contradiction = ["--dry-run", way]
            } else {
                return
            }
            throw Problem(
                code: .usage,
                message: "\(contradiction.joined(separator: " and ")) cannot be combined",
                reason: "Nothing was changed.", help: "\(command: "relay run --help")")
        }

        private func status(
            _ driver: RelayDriver<App>, _ system: App,
            _ session: Session<App>,
            _ reporter: RelayReporter<App>
        ) throws -> ExitStatus {
            if let signal = Signals.pending {
                try session.output.flush()
                throw ExitCode(128 + signal)
            }
            if driver.hasFailed || driver.hasParked || reporter.hasFailedDeadlines {
                try session.output.flush()
                if driver.hasParked {
                    session.help(
                        "what is parked waits for a decision: \(command: "deadletter list")")
                } else if let message = reporter.firstFailed {
                    session.help(
                        "the next relay tries again; see why: \(command: "outbox show \(message)")")
                } else {
                    session.help(
                        "the next relay tries again; see which saga waits: \(command: "saga list")")
                }
                return .no
            }
            // What a rehearsal has delivered is as pending as before.
            let pending = dryRun ? try system.relay.pendingCount() : driver.pending
            if pending > 0 {
                session.hint(
                    "\(counted(pending, "message")) pending; '\(command: "relay run")' goes on")
            }
            return exitCode && driver.pending > 0 ? .bound : .done
        }
    }
}
