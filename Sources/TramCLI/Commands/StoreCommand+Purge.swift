internal import ArgumentParser
internal import CustomersAndOrders
internal import Platform
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

extension StoreCommand {
    struct Purge: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Free what nobody needs any more, and tell who holds the rest.",
            discussion: """
                Frees messages that every subscriber has handled, what inboxes remember of messages \
                that cannot come again, and sagas that have ended, with their logs. With --older-than \
                also idempotency keys: a request that is repeated after that is a new one.

                What was published without a subscriber that the program no longer has is kept for \
                it, until 'tram subscriber remove' forgets it.

                The order history cannot be rebuilt afterwards. While a service is away nothing is \
                freed. A copy of one store from before a purge lacks for good what was freed since: \
                put back all stores of a backup, or none.

                Example:
                  tram store purge --older-than 7d --dry-run
                """)

        @Option(
            help: ArgumentHelp(
                "Only what is at least this old, for example 12h or 7d; else of any age.",
                valueName: "duration"))
        var olderThan: String?

        @Flag(help: "Tell what would be freed, and change nothing.")
        var dryRun = false

        @Option(help: "Only this service's store: customer, order or history.")
        var service: ServiceChoice?

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let bounds = PurgeBounds(
                olderThan: try olderThan.map {
                    .milliseconds(try Input.duration($0, field: "older-than"))
                },
                service: service?.rawValue)
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

    var json: JSON {
        func sum(_ kind: KeyPath<PurgeReport.Freed, Int>) -> JSON {
            .integer(report.freed.reduce(0) { $0 + $1[keyPath: kind] })
        }
        return [
            "dryRun": .bool(isDryRun),
            "messages": sum(\.messages), "handled": sum(\.handled), "sagas": sum(\.sagas),
            "keys": sum(\.keys),
            "stores": .array(
                report.freed.map {
                    [
                        "store": .string($0.service), "messages": .integer($0.messages),
                        "handled": .integer($0.handled), "sagas": .integer($0.sagas),
                        "keys": .integer($0.keys),
                    ]
                }),
            "kept": .array(report.holds.map(\.json)),
        ]
    }
}
