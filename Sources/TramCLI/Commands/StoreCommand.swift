internal import ArgumentParser
internal import CustomersAndOrders
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramSQLite
internal import TramWorkbench

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Look at the stores themselves, copy them, and go on from copies.",
        discussion: """
            Example:
              tram store check
            """,
        subcommands: [
            Status.self, Check.self, Accept.self, Purge.self, Backup.self, Restore.self,
        ])

    struct Status: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the stores and how many messages they hold.",
            discussion: """
                Example:
                  tram store status
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let stores = try session.open().stores.all.compactMap { store in
                try session.availability.attempt(store) { _ in
                    try store.read { try ShownStore($0, path: store.path) }
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
                Exit code 1 when a rule is broken. What follows from an operator's decision, or \
                from rows that are known to be lost (a store was accepted, the view rebuilt), is \
                listed as '(lost)' and breaks no rule.

                Example:
                  tram store check
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let report = CheckReport(check: try session.open().check(session.availability))
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
    let parked: Int
    let identity: StoreIdentity

    init(_ transaction: any Transaction, path: String) throws {
        let outbox = Outbox(transaction)
        name = transaction.storeName
        self.path = path
        messages = try outbox.count()
        pending = try outbox.pendingCount()
        failed = try outbox.failedCount()
        purged = try outbox.purgedCount()
        handled = try Inbox(transaction).count()
        parked = try outbox.parkedCount()
        identity = try Identities(transaction).own()
    }

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
            "system": .optional(identity.system),
            "incarnation": .string(identity.incarnation),
            "parked": .integer(parked),
        ]
    }
}

private struct CheckReport: Document {
    let check: SystemCheck

    var violations: Int { check.violations }

    func text(_ style: Style) -> String {
        let rules = check.checks.flatMap { lines(of: $0, style) }
        let skipped = check.skipped.map {
            style.notable("skipped") + "   \($0.rule): \($0.reason)"
        }
        let failed = check.failed.map {
            style.notable("failed") + "    \($0.message.id) \(escaped($0.message.type)) -> "
                + "\($0.subscriber ?? "-"), \(counted($0.failure.attempts, "attempt")): "
                + escaped($0.failure.error)
        }
        let parked = check.parked.map {
            style.notable("parked") + "    \($0.message.id) \(escaped($0.message.type)) -> "
                + "\($0.subscriber ?? "-"), \(counted($0.attempts, "attempt")): "
                + escaped($0.error)
        }
        let end =
            "\(counted(check.checks.count, "rule")) checked, "
            + "\(counted(violations, "violation")) found."
        return (rules + skipped + failed + parked + [end]).joined(separator: "\n") + "\n"
    }

    private func lines(of check: InvariantCheck, _ style: Style) -> [String] {
        let word =
            check.violations.isEmpty
            ? style.good("ok") + "        " : style.bad("violated") + "  "
        return [word + check.rule]
            + check.violations.map { "          - \(escaped($0))" }
            + check.consequences.map { "          (lost) \(escaped($0))" }
    }

    /// The exit code tells.
    var quietText: String? { "" }

    var json: JSON {
        [
            "checks": .array(
                check.checks.map {
                    [
                        "rule": .string($0.rule), "ok": .bool($0.violations.isEmpty),
                        "violations": .strings($0.violations),
                        "consequences": .strings($0.consequences),
                    ]
                }),
            "violations": .integer(violations),
            "ok": .bool(violations == 0),
            "skipped": .array(
                check.skipped.map { ["rule": .string($0.rule), "reason": .string($0.reason)] }),
            "failed": .array(
                check.failed.map {
                    [
                        "message": .string($0.message.id.description),
                        "type": .string($0.message.type),
                        "to": .optional($0.subscriber),
                        "attempts": .integer($0.failure.attempts),
                        "error": .string($0.failure.error),
                    ]
                }),
            "parked": .array(check.parked.map(\.json)),
        ]
    }
}
