internal import ArgumentParser
internal import Tram
internal import TramWorkbench

extension StoreCommand {
    struct Purge: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "purge",
                abstract: "Free what nobody needs any more, and tell who holds the rest.",
                discussion: """
                    Frees messages that every subscriber has handled, what inboxes remember of messages \
                    that cannot come again, and sagas that have ended, with their logs. With --older-than \
                    also idempotency keys: a request that is repeated after that is a new one.

                    What was published without a subscriber that the program no longer has is kept for \
                    it, until '\(App.name) subscriber remove' forgets it.

                    \(App.viewsLostByPurge)While a service is away nothing is \
                    freed. A copy of one store from before a purge lacks for good what was freed since: \
                    put back all stores of a backup, or none.

                    Example:
                      \(App.name) store purge --older-than 7d --dry-run
                    """)
        }

        @Option(
            help: ArgumentHelp(
                "Only what is at least this old, for example 12h or 7d; else of any age.",
                valueName: "duration"))
        var olderThan: String?

        @Flag(help: "Tell what would be freed, and change nothing.")
        var dryRun = false

        @Option(help: "Only this service's store: \(ServiceChoice<App>.sentence).")
        var service: ServiceChoice<App>?

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let bounds = PurgeBounds(
                olderThan: try olderThan.map {
                    .milliseconds(try Input.duration($0, field: "older-than"))
                },
                service: service?.name)
            let report = try session.purge(bounds, isDryRun: dryRun)
            try session.show(PurgedStores(report: report, isDryRun: dryRun))
            session.hintAboutRemoving(after: report)
            if !dryRun { session.hintAboutRebuilding(after: report) }
            return .done
        }
    }
}

private struct PurgedStores: Document {
    let report: PurgeReport
    let isDryRun: Bool

    func text(_ style: Style) -> String {
        if let nothing = report.textOfNothingFreed { return nothing }
        let end = isDryRun ? "Dry run: nothing was changed.\n" : ""
        if report.total == 0 { return "Nothing to purge.\n" + report.textOfHolds + end }
        let table = Table(
            columns: [
                .left("STORE"), .right("MESSAGES"), .right("HANDLED"), .right("SAGAS"),
                .right("KEYS"),
            ],
            rows: report.freed.map {
                [$0.service, "\($0.messages)", "\($0.handled)", "\($0.sagas)", "\($0.keys)"]
            })
        return table.text + report.textOfHolds + end
    }

    var json: JSON { report.json(isDryRun: isDryRun) }
}
