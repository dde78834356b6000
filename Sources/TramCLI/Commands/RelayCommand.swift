internal import ArgumentParser
internal import CustomersAndOrders
internal import Platform
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

struct RelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay", abstract: "Deliver pending messages to their subscribers.",
        discussion: """
            Example:
              tram relay run --until-idle
            """,
        subcommands: [Run.self, Status.self, Redeliver.self])

    struct Run: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one pass: deliver what is pending now.",
            discussion: """
                What handlers publish waits for the next pass, so a saga moves one visible step at \
                a time. Exit code 1 when a delivery failed: its message stays pending, and is \
                parked when it has failed too often.

                Example:
                  tram relay run --until-idle
                """)

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

        @Option(help: "Only this service's outbox: customer, order or history.")
        var service: ServiceChoice?

        @OptionGroup var parkingOptions: ParkingOptions
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let parking = try parkingOptions.policy()
            let bounds = RelayRun.Bounds(
                source: service?.rawValue,
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
                        ? Problem.amidWork(error, of: CustomersAndOrders.self) : error
                }
                let status = try status(driver, system, session, reporter)
                let away = ServiceName.all.compactMap { run.availability.reasons[$0] }.first
                return away.map { Problem($0, of: CustomersAndOrders.self).code.exitStatus }
                    ?? status
            }
            // The relay's lock is free again: the command may take its time, or start a relay.
            try tell(isNew: true)
            return result
        }

        private func drive(
            _ driver: inout RelayDriver<CustomersAndOrders>, _ run: RelayRun,
            _ system: CustomersAndOrders,
            _ session: Session, _ reporter: RelayReporter<CustomersAndOrders>,
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

        private func makeOnePass(_ driver: inout RelayDriver<CustomersAndOrders>) throws {
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
            _ driver: RelayDriver<CustomersAndOrders>, _ system: CustomersAndOrders,
            _ session: Session,
            _ reporter: RelayReporter<CustomersAndOrders>
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

    struct Redeliver: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a subscriber up to date after its store was put back.",
            discussion: """
                Messages that were published, and that the subscriber has not handled, are pending \
                again for it; the next relay delivers them to nobody else. What has been purged is \
                not brought back.

                Example:
                  tram relay redeliver --to history
                """)

        @Option(help: ArgumentHelp("The subscriber: customer, order or history.", valueName: "id"))
        var to: String

        @Option(
            help: ArgumentHelp(
                "Only the messages of this one's service, from this one on.",
                valueName: "message-id"))
        var from: String?

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let first = try from.map { try Input.messageID($0) }
            let messages = try session.open().workbench.redeliver(to: to, from: first)
            try session.show(RedeliveredMessages(subscriber: to, messages: messages))
            session.hint("'\(command: "relay run")' delivers them")
            return .done
        }
    }

    struct Status: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what waits in each outbox, and the sagas that need help.",
            discussion: """
                A saga is stuck when nothing is on its way that it waits for, stranded when this \
                program does not know its definition, its step or its data, and failed when a step \
                was not undone.

                Example:
                  tram relay status
                """)

        @Flag(help: "Exit with code 2 if messages are pending.")
        var exitCode = false

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let system = try session.open()
            let status = try system.relayStatus(session.availability)
            try session.show(status)
            return exitCode && status.pending > 0 ? .bound : .done
        }
    }
}

enum ServiceChoice: String, ExpressibleByArgument, CaseIterable {
    case customer, order, history
}

private struct RedeliveredMessages: Document {
    let subscriber: String
    let messages: [(source: String, messages: Int)]

    private var total: Int { messages.reduce(0) { $0 + $1.messages } }

    func text(_ style: Style) -> String {
        let counts = messages.map { "\($0.source) \($0.messages)" }.joined(separator: ", ")
        return "\(counted(total, "message")) pending again for \(subscriber): \(counts).\n"
    }

    var json: JSON {
        [
            "subscriber": .string(subscriber), "messages": .integer(total),
            "outboxes": .object(messages.map { JSON.Member($0.source, .integer($0.messages)) }),
        ]
    }
}

extension RelayStatus: Document {
    func text(_ style: Style) -> String {
        // What is not there has no column.
        let isParked = parked > 0
        let columns: [Table.Column] = isParked ? [.right("PARKED")] : []
        return Table(
            columns: [.left("OUTBOX"), .right("PENDING"), .right("FAILED")] + columns
                + [.left("NEXT")],
            rows: outboxes.map { outbox in
                [outbox.service, "\(outbox.pending)", "\(outbox.failed)"]
                    + (isParked ? ["\(outbox.parked)"] : [])
                    + [outbox.next.map { "\($0.id) \(escaped($0.type))" } ?? "-"]
            }
        ).text + helpless.prefix(100).map(line).joined()
            + (helpless.count > 100 ? "And \(helpless.count - 100) more: tram saga list\n" : "")
            + deadlines.map { "Waiting for a deadline: \(escaped($0))\n" }.joined()
    }

    private func line(_ saga: HelplessSaga) -> String {
        let name = "the saga of order \(saga.order)"
        return switch saga.need {
        case .stranded(let reason): "Stranded: \(name): \(escaped(reason))\n"
        case .stuck:
            "Stuck: \(name): nothing is on its way; see tram saga show \(saga.order)\n"
        case .failed(let step):
            "Failed: \(name): "
                + (step.map { "the step '\(escaped($0))' was not undone" } ?? "it was not undone")
                + "; see tram saga show \(saga.order)\n"
        }
    }
}
