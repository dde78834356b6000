internal import ArgumentParser
internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import Platform
internal import Tram
internal import TramCommands
package import TramWorkbench

struct OrderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order", abstract: "Create orders and follow them.",
        discussion: """
            Example:
              tram order create --customer-id 1 --order-total 4
            """,
        subcommands: [Create.self, Show.self, List.self, Cancel.self, Wait.self])

    struct Create: ActionCommand {
        typealias Performed = CreateOrder
        static let hint: Advice = "'\(command: "relay run")' makes the saga's next step"
        static let configuration = CommandConfiguration(
            abstract: "Create a pending order; makes the stores if there are none.",
            discussion: """
                The saga then decides: it approves the order if the customer has the credit. A \
                customer who does not exist is found out by the saga too. With an idempotency \
                key, the command can be repeated: it creates one order, and prints the same each \
                time.

                Example:
                  tram order create --customer-id 1 --order-total 4
                  tram order create --customer-id 1 --order-total 4 --idempotency-key 2026-07/1
                """)

        @Option(parsing: .unconditional, help: ArgumentHelp("The customer.", valueName: "id"))
        var customerID: String

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("More than 0, for example 4 or 12.34.", valueName: "amount"))
        var orderTotal: String

        @Option(help: "The kind of saga that decides.")
        var saga = SagaKind.choreography

        @OptionGroup var idempotency: IdempotencyOptions

        @OptionGroup(title: "Global options") var global: GlobalOptions

        var values: [String: String?] {
            ["customerId": customerID, "orderTotal": orderTotal, "saga": saga.rawValue]
        }
    }

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an order's state, and what its saga waits for.",
            discussion: """
                Example:
                  tram order show 1
                """)

        @Argument(help: "The order's id.") var id: String
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let id = try Input.id(id, field: "id")
            let system = try session.open()
            try session.show(
                try ShownOrder(system.orders.order(id), in: system, session.availability))
            return .done
        }
    }

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "List orders.",
            discussion: """
                Example:
                  tram order list --customer-id 1 --state APPROVED
                """)

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Only this customer's orders.", valueName: "id"))
        var customerID: String?

        @Option(help: "Only orders in this state: PENDING, APPROVED, REJECTED or CANCELLED.")
        var state: OrderState?

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let filter = OrderFilter(
                customerID: try customerID.map { try Input.id($0, field: "customer-id") },
                state: state)
            let system = try session.open()
            let orders = try collectPages(
                { try system.orders.orders(filter, after: $0, limit: pageSize) }, id: \.id)
            // The table does not tell what the sagas wait for.
            let waits =
                session.isJSON
                ? try system.waits(of: orders, session.availability) : [:]
            try session.show(
                ListDocument(
                    elements: orders.map { order in
                        ShownOrder(order: order, wait: waits[order.id] ?? SagaWait())
                    },
                    columns: [
                        .left("ORDER"), .left("CUSTOMER"), .left("STATE"), .right("TOTAL"),
                        .left("REASON"),
                    ], empty: "No orders.", id: { "\($0.order.id)" }
                ) {
                    [
                        "\($0.order.id)", "\($0.order.customerID)", $0.order.state.rawValue,
                        "\($0.order.total)", $0.order.rejectionReason?.rawValue ?? "",
                    ]
                })
            return .done
        }
    }

    struct Cancel: ActionCommand {
        typealias Performed = CancelOrder
        static let hint: Advice = "'\(command: "relay run")' frees the credit"
        static let configuration = CommandConfiguration(
            abstract:
                "Cancel an approved order; its credit is freed when the customer hears of it.",
            discussion: """
                With an idempotency key, the command can be repeated: it cancels the order once, \
                and prints the same each time.

                Example:
                  tram order cancel 1
                  tram order cancel 1 --idempotency-key cancel-1
                """)

        @Argument(help: "The order's id.") var id: String
        @OptionGroup var idempotency: IdempotencyOptions
        @OptionGroup(title: "Global options") var global: GlobalOptions

        var values: [String: String?] { ["id": id] }
    }

    struct Wait: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wait until an order is decided, while a relay runs elsewhere.",
            discussion: """
                Exit code 0 when it is decided, 2 when the time is over, 1 when the order is \
                unknown or, with --for, can no longer come to that state.

                Example:
                  tram order wait 1 --for APPROVED --timeout 10s
                """)

        @Argument(help: "The order's id.") var id: String

        @Option(name: .customLong("for"), help: "Wait for this state.")
        var state: OrderState?

        @Option(help: ArgumentHelp("How long to wait at most.", valueName: "duration"))
        var timeout = "30s"

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let id = try Input.id(id, field: "id")
            let deadline =
                MonotonicTime.now() + Int64(try Input.duration(timeout, field: "timeout"))
            let system = try session.open()
            while true {
                system.stores.patience.renew()
                let order = try system.orders.order(id)
                guard let end = end(order.state, isOverdue: MonotonicTime.now() >= deadline) else {
                    MonotonicTime.sleep(milliseconds: 10)
                    continue
                }
                try session.show(
                    AwaitedOrder(
                        shown: ShownOrder(order, in: system, session.availability), end: end,
                        wanted: state))
                if end == .timedOut {
                    session.hint(
                        "the time is over; does a relay run? '\(command: "relay run --watch")'")
                }
                return end.status
            }
        }

        /// Why waiting ends in this state; nil when it goes on.
        private func end(_ current: OrderState, isOverdue: Bool) -> EndOfWaiting? {
            if state.map({ current == $0 }) ?? (current != .pending) { return .decided }
            if let state, !current.leads(to: state) { return .decidedOtherwise }
            return isOverdue ? .timedOut : nil
        }
    }
}

/// Why `order wait` has ended.
private enum EndOfWaiting: String {
    case decided
    case timedOut = "timed-out"
    case decidedOtherwise = "decided-otherwise"

    var status: ExitStatus {
        switch self {
        case .decided: .done
        case .timedOut: .bound
        case .decidedOtherwise: .no
        }
    }
}

extension SagaKind: ExpressibleByArgument {}
extension OrderState: ExpressibleByArgument {}

extension ChangedOrder: Document {
    package func text(_ style: Style) -> String {
        let what =
            order.state == .pending
            ? "Created order \(order.id): PENDING, total \(order.total), "
                + "customer \(order.customerID) (\(order.saga.rawValue))"
            : "Cancelled order \(order.id): \(order.state.rawValue)"
        return what + "\n" + published.map(publishedLine).joined()
    }

    package var quietText: String? { "\(order.id)" }
}

extension ShownOrder {
    fileprivate init(
        _ order: Order, in system: CustomersAndOrders, _ availability: Availability
    ) throws {
        self.init(
            order: order, wait: try system.wait(of: order, availability),
            step: try system.workbench.step(of: system.saga(of: order).reference))
    }
}

private struct ShownOrder: Document {
    let order: Order
    let wait: SagaWait
    /// The step of the orchestrator that is under way. Machines read it from `tram saga show`.
    var step: String?

    func text(_ style: Style) -> String {
        var lines = [
            "Order \(order.id): \(order.state.rawValue)",
            "  customer      \(order.customerID)",
            "  total         \(order.total)",
            "  saga          \(order.saga.rawValue)",
        ]
        if let reason = order.rejectionReason {
            lines.append("  reason        \(reason.rawValue)")
        }
        if let step {
            lines.append("  step          \(step)")
        }
        lines += wait.lines
        if wait.isStuck {
            lines.append(
                "  stuck: nothing is on its way; see tram saga \(wait.wayOut.rawValue)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var json: JSON { order.json(wait) }
}

/// An order that was waited for.
private struct AwaitedOrder: Document {
    let shown: ShownOrder
    let end: EndOfWaiting
    /// The state that was waited for, or nil for any in which the order is decided.
    let wanted: OrderState?

    func text(_ style: Style) -> String { shown.text(style) + why + "\n" }

    private var why: String {
        let current = shown.order.state.rawValue
        return switch end {
        case .decided where shown.order.state == .pending: "The order is \(current)."
        case .decided: "The order is decided."
        case .timedOut: "The time is over, and the order is still \(current)."
        case .decidedOtherwise: "The order can no longer become \(wanted?.rawValue ?? current)."
        }
    }

    var json: JSON {
        .object(
            shown.order.jsonMembers(shown.wait) + [JSON.Member("ended", .string(end.rawValue))]
                + shown.wait.jsonRetryMembers)
    }
}
