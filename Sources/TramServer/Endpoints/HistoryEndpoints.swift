internal import CustomersAndOrders
internal import OrderHistory
internal import Presentation

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
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "The customer's order history.",
                    schema: JSONSchema.reference("CustomerHistory")),
                .problem(404, "No event has told of such a customer yet."),
            ]
        ) { call in
            let id = try call.id()
            return { system in
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
