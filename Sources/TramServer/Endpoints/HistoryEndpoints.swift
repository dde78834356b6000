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
        ) { call, system in
            let id = try call.id()
            guard let history = try system.history.history(of: id) else {
                throw Problem(
                    code: .customerNotFound,
                    message: "the order history has not heard of customer \(id)",
                    help: "if the customer is new, wait until the relay has delivered the event",
                    field: "id", value: "\(id)")
            }
            return .json(.object(history.jsonMembers))
        }
    }
}
