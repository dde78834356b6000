public import ArgumentParser
internal import Tram
public import TramWorkbench

/// `store`: shows the stores, checks what they say, frees what nobody needs, copies them and goes on from
/// copies.
public struct StoreCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "store",
            abstract: "Look at the stores themselves, copy them, and go on from copies.",
            discussion: """
                Example:
                  \(App.name) store check
                """,
            subcommands: [
                Status.self, Check.self, Accept.self, Purge.self, Backup.self, Restore.self,
            ])
    }

    public init() {}

    struct Status: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "status",
                abstract: "Show the stores and how many messages they hold.",
                discussion: """
                    Example:
                      \(App.name) store status
                    """)
        }

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let stores = try session.open().workbench.storeStatus(session.availability)
            try session.show(
                ListDocument(
                    elements: stores,
                    columns: [
                        .left("STORE"), .right("MESSAGES"), .right("PENDING"), .right("FAILED"),
                        .right("PURGED"), .right("HANDLED"), .left("FILE"),
                    ], empty: "", id: \.name
                ) {
                    [
                        $0.name, "\($0.messages)", "\($0.pending)", "\($0.failed)", "\($0.purged)",
                        "\($0.handled)", escaped($0.path),
                    ]
                })
            return .done
        }
    }

    struct Check: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "check",
                abstract: "Check the files, and what the services' rows say together.",
                discussion: """
                    Exit code 1 when a rule is broken. What follows from an operator's decision, or \
                    from rows that are known to be lost (a store was accepted, the view rebuilt), is \
                    listed as '(lost)' and breaks no rule.

                    Example:
                      \(App.name) store check
                    """)
        }

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let check = try session.open().workbench.check(session.availability)
            try session.show(CheckReport(check: check))
            return check.violations == 0 ? .done : .no
        }
    }
}

extension StoreStatus: Document {
    public func text(_ style: Style) -> String { "\(name) \(escaped(path))\n" }
}
