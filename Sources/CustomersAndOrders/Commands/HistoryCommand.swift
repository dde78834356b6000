internal import ArgumentParser
internal import Contracts
internal import CustomersAndOrders
internal import OrderHistory
internal import Platform
internal import Tram
internal import TramCommands
internal import TramWorkbench

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Look at the order history, a view kept by events.",
        discussion: """
            Example:
              tram history show 1
            """,
        subcommands: [Show.self, List.self, Rebuild.self])

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a customer and the customer's orders.",
            discussion: """
                The view hears of a change when the relay delivers its message. With --after, the \
                command waits until the view has handled that message, while a relay runs \
                elsewhere, so it shows the change. When the time is over, it shows what the view \
                says then, and the exit code is 2.

                Example:
                  tram history show 1
                  tram history show 1 --after order:1 --timeout 10s
                """)

        @Argument(help: "The customer's id.") var customerID: String

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "Wait until the view has handled this message, for example order:1.",
                valueName: "message-id"))
        var after: String?

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "How long to wait at most; 30s by default.", valueName: "duration"))
        var timeout: String?

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func validate() throws {
            if timeout != nil && after == nil {
                throw ValidationError("'--timeout' needs '--after': there is nothing to wait for")
            }
        }

        func run(in session: Session) throws -> ExitStatus {
            let id = try Input.id(customerID, field: "customer-id")
            let message = try after.map { try Input.messageID($0, field: "after") }
            let deadline =
                MonotonicTime.now()
                + Int64(try Input.duration(timeout ?? "30s", field: "timeout"))
            let system = try session.open()
            try Problem.ofView { try system.refuseViewOfOtherSystem(session.availability) }
            let awaited = try message.map {
                ViewWait(
                    message: $0, isHandled: try waitForView($0, until: deadline, in: system))
            }
            let behind = try Problem.ofView {
                try system.eventsBehindView(session.availability)[id] ?? 0
            }
            guard let history = try Problem.ofView({ try system.history.history(of: id) }) else {
                throw behind > 0
                    ? Problem.notInViewYet(id, behind)
                    : Problem.customerNotFound(id, field: "customer-id")
            }
            try session.show(ShownHistory(history: history, behind: behind, awaited: awaited))
            guard let awaited, !awaited.isHandled else { return .done }
            let parked = try after.map {
                try system.workbench.deadLetters(
                    DeadLetterSelection(
                        message: Input.messageID($0), subscriber: ServiceName.history))
            }
            session.hint(
                parked?.isEmpty ?? true
                    ? "the time is over; does a relay run? '\(command: "relay run --watch")'"
                    : "the time is over, and the message is parked: '\(command: "deadletter list")'"
            )
            return .bound
        }

        /// Waits until the view has handled a message.
        ///
        /// - Returns: false when the time was over before.
        private func waitForView(
            _ message: MessageID, until deadline: Int64, in system: CustomersAndOrders
        ) throws -> Bool {
            while true {
                system.stores.patience.renew()
                if try Problem.ofView({ try system.viewHasHandled(message) }) { return true }
                try system.requireMessageForView(message)
                if MonotonicTime.now() >= deadline { return false }
                MonotonicTime.sleep(milliseconds: 10)
            }
        }
    }

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the customers of the view.",
            discussion: """
                Example:
                  tram history list
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let system = try session.open()
            let (behind, histories) = try Problem.ofView {
                try system.refuseViewOfOtherSystem(session.availability)
                return (
                    try system.eventsBehindView(session.availability),
                    try collectPages(
                        { try system.history.histories(after: $0, limit: pageSize) }, id: \.id)
                )
            }
            try session.show(
                ListDocument(
                    elements: histories.map {
                        ShownHistory(history: $0, behind: behind[$0.id] ?? 0)
                    },
                    columns: [
                        .left("CUSTOMER"), .right("ORDERS"), .right("LIMIT"), .right("BEHIND"),
                        .left("NAME"),
                    ], empty: "No customers in the view.", id: { "\($0.history.id)" }
                ) {
                    [
                        "\($0.history.id)", "\($0.history.orders.count)",
                        $0.history.customer?.creditLimit.description ?? "unknown", "\($0.behind)",
                        escaped($0.history.customer?.name ?? "unknown"),
                    ]
                })
            return .done
        }
    }

    struct Rebuild: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build the view again from the services' outboxes.",
            discussion: """
                A view that is missing or damaged is rebuilt too. An event that cannot be read is \
                left out and named, and the exit code is then 1.

                Example:
                  tram history rebuild
                """)

        @Flag(help: "After a purge: rebuild it from the messages that are left.")
        var incomplete = false

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let rebuild = try session.open().rebuildHistory(incomplete: incomplete)
            try session.show(RebuiltHistory(rebuild: rebuild))
            return rebuild.skipped.isEmpty ? .done : .no
        }
    }
}

extension Problem {
    /// Tells whoever meets a view that cannot be used that it can be made anew.
    fileprivate static func ofView<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            switch error {
            case .missing, .damaged, .unexpectedRow, .foreign:
                let problem = Problem(error, of: CustomersAndOrders.self)
                throw Problem(
                    code: problem.code, message: problem.message, reason: problem.reason,
                    help: "rebuild the view: \(command: "history rebuild")")
            default: throw error
            }
        }
    }

    fileprivate static func notInViewYet(_ id: Int, _ behind: Int) -> Problem {
        Problem(
            code: .notInViewYet, message: "customer \(id) is not in the order history yet",
            reason: "\(counted(behind, "event")) about the customer \(behind == 1 ? "is" : "are") "
                + "pending.",
            help: "deliver them: \(command: "relay run")", field: "customer-id", value: "\(id)")
    }
}

private struct RebuiltHistory: Document {
    let rebuild: HistoryRebuild

    func text(_ style: Style) -> String {
        let skipped = rebuild.skipped.map {
            "  " + style.bad("left out") + "  \($0.message): \(escaped($0.error))\n"
        }
        let gaps = rebuild.incomplete.map {
            "  " + style.notable("incomplete")
                + "  the \($0) outbox does not tell all of the past\n"
        }
        return "Rebuilt the order history from \(counted(rebuild.events, "event")).\n"
            + (skipped + gaps).joined()
    }

    var json: JSON {
        [
            "events": .integer(rebuild.events),
            "skipped": .array(
                rebuild.skipped.map {
                    [
                        "message": .string($0.message.description), "error": .string($0.error),
                    ]
                }), "incomplete": .strings(rebuild.incomplete),
        ]
    }
}

/// What came of waiting until the view has handled a message.
private struct ViewWait {
    let message: MessageID
    /// Whether the view has handled it; otherwise the time was over before.
    let isHandled: Bool
}

private struct ShownHistory: Document {
    let history: CustomerHistory
    let behind: Int
    var awaited: ViewWait?

    func text(_ style: Style) -> String {
        var text = "Customer \(history.id): "
        if let customer = history.customer {
            text += "\(escaped(customer.name)), credit limit \(customer.creditLimit)\n"
        } else {
            text += "unknown\n"
        }
        if history.orders.isEmpty {
            text += "No orders.\n"
        } else {
            text +=
                Table(
                    columns: [.left("ORDER"), .left("STATE"), .right("TOTAL")],
                    rows: history.orders.map { ["\($0.id)", $0.state.rawValue, "\($0.total)"] }
                ).text
        }
        return text
            + (behind == 0
                ? "The view is up to date.\n"
                : "The view is \(counted(behind, "event")) behind.\n")
            + overdue
    }

    private var overdue: String {
        guard let awaited, !awaited.isHandled else { return "" }
        return "The time is over, and the view has not handled \(awaited.message).\n"
    }

    var json: JSON {
        let after = awaited.map {
            JSON.Member(
                "after",
                ["message": .string($0.message.description), "handled": .bool($0.isHandled)])
        }
        return .object(
            history.jsonMembers + [JSON.Member("behind", .integer(behind))]
                + [after].compactMap { $0 })
    }
}
