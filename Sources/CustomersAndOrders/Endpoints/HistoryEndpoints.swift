internal import CustomersAndOrders
internal import OrderHistory
internal import Tram
internal import TramHTTP
internal import TramWorkbench

/// The Order History Service over HTTP.
enum HistoryEndpoints {
    static let all = [
        show("/customers/{id}", name: "getCustomerHistory"),
        show("/customers/{id}/orderhistory", name: "getOrderHistory"),
    ]

    /// The original's two languages have each a path of its own.
    private static func show(_ path: Path, name: String) -> Endpoint {
        Endpoint(
            method: .get, path: path, name: name,
            summary: "A customer and the customer's orders, as far as events have told of them.",
            worker: .reader, query: ViewWait.query,
            answers: [
                AnswerDescription(
                    status: 200, summary: "The customer's order history.",
                    schema: JSONSchema.reference("CustomerHistory")),
                .problem(
                    404,
                    "No event has told of such a customer yet, or the message does not exist."),
                .problem(409, "The order history does not receive that message."),
                .problem(
                    503,
                    "The order history has not handled the message in time, or the server, a store or "
                        + "the relay is busy: try again."),
            ]
        ) { call in
            let id = try call.id()
            let wait = try ViewWait(call)
            return { system in
                try wait?.check(system)
                guard let customer = try system.history.customer(id) else {
                    throw Problem(
                        code: .customerNotFound,
                        message: "the order history has not heard of customer \(id)",
                        help: "if the customer is new, the relay has yet to deliver the event; "
                            + "POST /relay/run does, if it waits for that",
                        field: "id", value: "\(id)")
                }
                let (opening, closing) = customer.jsonAroundOrders
                return try .list(opening: opening, closing: closing, in: system) {
                    try $0.history.orders(of: id, after: $1, limit: pageSize)
                        .map { ($0.id, $0.jsonMember.text) }
                }
            }
        }
    }
}

/// The wish to read the view only when it has handled a message.
private struct ViewWait {
    /// In milliseconds.
    private static let longest = 30_000

    static let query = [
        QueryParameter(
            name: "after",
            summary: "The id of a message, for example order:1: answer when the order history has "
                + "handled it, so that the answer shows what the message tells.",
            schema: [
                "type": .string("string"),
                "pattern": .string("^(customer|order|history):[1-9][0-9]{0,17}$"),
            ]),
        QueryParameter(
            name: "timeout",
            summary:
                "How long to wait for that, for example 500ms or 5s; 30s by default, and at "
                + "the most.",
            schema: [
                "type": .string("string"),
                "pattern": .string(
                    "^((0|[1-9][0-9]{0,3}|[12][0-9]{4}|30000)ms|([0-9]|[12][0-9]|30)s)$"),
            ]),
    ]

    let message: MessageID
    /// In milliseconds.
    let timeout: Int

    /// Reads the wish; nil when the request has none.
    init?(_ call: Call) throws {
        let timeout = try call.query["timeout"].map(Self.timeout) ?? Self.longest
        guard let after = call.query["after"] else { return nil }
        message = try Input.messageID(after, field: "after")
        self.timeout = timeout
    }

    private static func timeout(_ text: String) throws -> Int {
        let milliseconds = try Input.duration(text, field: "timeout")
        let isPlain = text.hasSuffix("s") && (!text.hasPrefix("0") || ["0s", "0ms"].contains(text))
        guard milliseconds <= longest, isPlain else {
            throw Problem.invalid(
                .duration, field: "timeout", value: text, "a duration of at most 30s",
                help: "give for example 500ms or 5s")
        }
        return milliseconds
    }

    /// - Throws: ``NotYet`` while the order history has not handled the message.
    func check(_ system: CustomersAndOrders) throws {
        if try system.viewHasHandled(message) { return }
        do {
            try system.requireMessageForView(message)
        } catch let error as ViewProgressError {
            let problem = Problem(error, of: CustomersAndOrders.self)
            throw Problem(
                code: problem.code, message: problem.message, reason: problem.reason,
                help: "name an event of a customer or an order that was sent", field: "after",
                value: problem.value)
        }
        throw NotYet(
            timeout: timeout,
            problem: Problem(
                code: .notHandledYet,
                message: "the order history has not handled \(message) yet",
                reason: "The time is over.",
                help:
                    "ask again; POST /relay/run delivers the message, if the relay waits for that",
                field: "after", value: message.description))
    }
}
