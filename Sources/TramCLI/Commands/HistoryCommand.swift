internal import ArgumentParser
internal import Contracts
internal import CustomersAndOrders
internal import OrderHistory
internal import Presentation
internal import Tram

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
                Example:
                  tram history show 1
                """)

        @Argument(help: "The customer's id.") var customerID: String
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let id = try Input.id(customerID, field: "customer-id")
            let system = try session.open()
            let behind = try Problem.ofView {
                try system.refuseViewOfOtherSystem(session.availability)
                return try system.eventsBehindView(session.availability)[id] ?? 0
            }
            guard let history = try Problem.ofView({ try system.history.history(of: id) }) else {
                throw behind > 0
                    ? Problem.notInViewYet(id, behind)
                    : Problem.customerNotFound(id, field: "customer-id")
            }
            try session.show(ShownHistory(history: history, behind: behind))
            return .done
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
                A view that is missing or damaged is made anew. An event that cannot be read is \
                left out and named, and the exit code is then 1.

                Example:
                  tram history rebuild
                """)

        @Flag(help: "After a purge: make what the outboxes still tell.")
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
                let problem = Problem(error as any Error)
                throw Problem(
                    code: problem.code, message: problem.message, reason: problem.reason,
                    help: "make the view anew: tram history rebuild")
            default: throw error
            }
        }
    }

    fileprivate static func notInViewYet(_ id: Int, _ behind: Int) -> Problem {
        Problem(
            code: .notInViewYet, message: "customer \(id) is not in the order history yet",
            reason: "\(counted(behind, "event")) about the customer \(behind == 1 ? "is" : "are") "
                + "pending.",
            help: "deliver them: tram relay run", field: "customer-id", value: "\(id)")
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

private struct ShownHistory: Document {
    let history: CustomerHistory
    let behind: Int

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
    }

    var json: JSON {
        .object(history.jsonMembers + [JSON.Member("behind", .integer(behind))])
    }
}
