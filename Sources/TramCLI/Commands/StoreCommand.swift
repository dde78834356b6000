internal import ArgumentParser
internal import CustomersAndOrders
internal import Presentation
internal import Tram
internal import TramSQLite

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Look at the stores themselves.",
        discussion: """
            Example:
              tram store check
            """,
        subcommands: [Status.self, Check.self])

    struct Status: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the stores and how many messages they hold.",
            discussion: """
                Example:
                  tram store status
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let stores = try session.open().stores.map { store in
                try store.read { transaction in
                    let outbox = Outbox(transaction)
                    return ShownStore(
                        name: store.name, path: store.path,
                        messages: try outbox.count(), pending: try outbox.unpublishedCount(),
                        failed: try outbox.failedCount(), purged: try outbox.purgedCount(),
                        handled: try Inbox(transaction).count())
                }
            }
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
        static let configuration = CommandConfiguration(
            abstract: "Check the files, and what the services' rows say together.",
            discussion: """
                Exit code 1 when a rule is broken.

                Example:
                  tram store check
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let report = CheckReport(checks: try session.open().check())
            try session.show(report)
            return report.violations == 0 ? .done : .no
        }
    }
}

private struct ShownStore: Document {
    let name: String
    let path: String
    let messages: Int
    let pending: Int
    let failed: Int
    let purged: Int
    let handled: Int

    func text(_ style: Style) -> String { "\(name) \(escaped(path))\n" }

    var json: JSON {
        [
            "store": .string(name),
            "file": .string(path),
            "messages": .integer(messages),
            "pending": .integer(pending),
            "failed": .integer(failed),
            "purged": .integer(purged),
            "handled": .integer(handled),
        ]
    }
}

private struct CheckReport: Document {
    let checks: [InvariantCheck]

    var violations: Int { checks.reduce(0) { $0 + $1.violations.count } }

    func text(_ style: Style) -> String {
        let lines = checks.flatMap { check in
            check.violations.isEmpty
                ? [style.good("ok") + "        \(check.rule)"]
                : [style.bad("violated") + "  \(check.rule)"]
                    + check.violations.map { "          - \(escaped($0))" }
        }
        let end =
            "\(counted(checks.count, "rule")) checked, \(counted(violations, "violation")) found."
        return (lines + [end]).joined(separator: "\n") + "\n"
    }

    /// The exit code tells.
    var quietText: String? { "" }

    var json: JSON {
        [
            "checks": .array(
                checks.map {
                    [
                        "rule": .string($0.rule), "ok": .bool($0.violations.isEmpty),
                        "violations": .strings($0.violations),
                    ]
                }),
            "violations": .integer(violations),
            "ok": .bool(violations == 0),
        ]
    }
}
