internal import Contracts
package import Orders
internal import Tram
package import TramWorkbench

// What the services of the example refuse to do.

extension Problem.Code {
    package static let amount = Problem.Code("invalid-amount", .usage, .badRequest)
    package static let name = Problem.Code("invalid-name", .usage, .badRequest)
    package static let customerNotFound = Problem.Code("customer-not-found", .no, .notFound)
    package static let orderNotFound = Problem.Code("order-not-found", .no, .notFound)
    package static let notInViewYet = Problem.Code("not-in-view-yet", .no, .notFound)
    package static let orderNotCancellable = Problem.Code("order-not-cancellable", .no, .conflict)
    package static let historyIncomplete = Problem.Code("history-incomplete", .no, .conflict)

    /// All that the example has beside those of the workbench.
    package static let ofCustomersAndOrders = [
        amount, name, customerNotFound, orderNotFound, notInViewYet, orderNotCancellable,
        historyIncomplete,
    ]
}

extension Problem {
    package static func customerNotFound(
        _ id: Int, field: String = "id",
        help: Advice = """
        see all customers: \(shell: "\(command: "customer list")", http: "GET /customers")
        """
    ) -> Problem {
        Problem(
            code: .customerNotFound, message: "customer \(id) does not exist", help: help,
            field: field, value: "\(id)")
    }
}

extension OrderError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .notFound(let id):
            Problem(
                code: .orderNotFound, message: "order \(id) does not exist",
                help: "see all orders: \(shell: "\(command: "order list")", http: "GET /orders")",
                field: "id", value: "\(id)")
        case .notCancellable(let id, let state):
            Problem(
                code: .orderNotCancellable,
                message: "order \(id) cannot be cancelled: it is \(state.rawValue)",
                reason: "Only an APPROVED order can be cancelled. Nothing was changed.",
                help: state == .pending ? Self.waiting : Self.showing(id),
                field: "id", value: "\(id)")
        }
    }
}

extension OrderError {
    private static let waiting: Advice =
        """
        wait until it is decided\(
            shell: ": \(command: "relay run --until-idle")",
            http: "; POST /relay/run makes the saga's next step, if the relay waits for it")
        """

    private static func showing(_ id: Int) -> Advice {
        "see the order: \(shell: "\(command: "order show \(id)")", http: "GET /orders/\(id)")"
    }
}

/// An order cannot be cancelled, and nothing decides it any more unless somebody helps its saga.
package struct HelplessOrder: ProblemConvertible {
    let refusal: OrderError
    let order: Int

    package var problem: Problem {
        var problem = refusal.problem
        problem.help =
            """
            nothing decides it any more unless its saga is helped: \(
                shell: "\(command: "saga show \(order)")", http: "GET /sagas/\(order)")
            """
        return problem
    }
}

extension HistoryRebuildError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .incomplete(let service):
            Problem(
                code: .historyIncomplete,
                message: "the view cannot be rebuilt: the \(service) outbox has been purged",
                reason: "It no longer holds all messages of the past. The view was not changed.",
                help: "rebuild it from the messages that are left: "
                    + "\(command: "history rebuild --incomplete")")
        }
    }
}

extension ViewProgressError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .messageNotFound(let id):
            Problem(
                code: .messageNotFound, message: "message \(id) does not exist",
                reason: "It was never sent, or it has been purged.",
                help: "see all messages: \(command: "outbox list")", field: "after",
                value: id.description)
        case .notReceived(let message):
            Problem(
                code: .notPossible,
                message: "the order history does not receive \(message.id) \(message.type)",
                reason: "So it will never handle that message.",
                help: "name a message that it receives; see the deliveries: "
                    + "\(command: "outbox show \(message.id)")",
                field: "after", value: message.id.description)
        case .discarded(let message):
            Problem(
                code: .notPossible,
                message: "the delivery of \(message.id) \(message.type) to the order history "
                    + "was discarded",
                reason: "So it will never handle that message.",
                help: "see the deliveries: \(command: "outbox show \(message.id)")",
                field: "after", value: message.id.description)
        }
    }
}
