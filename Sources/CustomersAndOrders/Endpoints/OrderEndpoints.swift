internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import TramHTTP
internal import TramWorkbench

/// The Order Service over HTTP.
enum OrderEndpoints {
    static let all = [create, show, list, listOfCustomer, cancel]

    private static let create = Endpoint.performing(
        CreateOrder.self, path: "/orders", name: "createOrder",
        body: JSONSchema.reference("NewOrder"),
        answers: [
            AnswerDescription(
                status: 200, summary: "The order is created, and PENDING.",
                schema: JSONSchema.object(["orderId": JSONSchema.id]))
        ]
    ) { ["orderId": .integer($0.order.id)] }

    private static let show = Endpoint(
        method: .get, path: "/orders/{id}", name: "getOrder",
        summary: "An order, its state, and what its saga waits for, as far as the stores can be "
            + "read.",
        worker: .reader,
        answers: [
            AnswerDescription(
                status: 200, summary: "The order.", schema: JSONSchema.reference("Order")),
            .problem(404, "There is no such order."),
        ]
    ) { call in
        let id = try call.id()
        return { system in
            let order = try system.orders.order(id)
            return .json(order.json(try system.wait(of: order)))
        }
    }

    private static let list = Endpoint(
        method: .get, path: "/orders", name: "getOrders", summary: "All orders.", worker: .reader,
        answers: [
            AnswerDescription(
                status: 200, summary: "The orders, by id.",
                schema: JSONSchema.object([
                    "orders": JSONSchema.array(of: JSONSchema.reference("Order"))
                ]))
        ]
    ) { _ in
        { try list(OrderFilter(), opening: #"{"orders":["#, closing: "]}", in: $0) }
    }

    private static let listOfCustomer = Endpoint(
        method: .get, path: "/orders/customer/{customerId}", name: "getOrdersOfCustomer",
        summary: "A customer's orders; none when the customer is unknown.", worker: .reader,
        answers: [
            AnswerDescription(
                status: 200, summary: "The orders, by id.",
                schema: JSONSchema.array(of: JSONSchema.reference("Order")))
        ]
    ) { call in
        let filter = OrderFilter(customerID: try call.id("customerId"))
        return { try list(filter, opening: "[", closing: "]", in: $0) }
    }

    private static func list(
        _ filter: OrderFilter, opening: String, closing: String, in system: CustomersAndOrders
    ) throws -> Answer {
        try .list(opening: opening, closing: closing, in: system) { system, after in
            let orders = try system.orders.orders(filter, after: after, limit: pageSize)
            // Each as it is now: a list may be read for a long time.
            let availability = system.stores.availability()
            return try orders.map {
                ($0.id, $0.json(try system.wait(of: $0, availability)).text)
            }
        }
    }

    private static let cancel = Endpoint.performing(
        CancelOrder.self, path: "/orders/{id}/cancel", name: "cancelOrder",
        answers: [
            AnswerDescription(
                status: 200, summary: "The order is CANCELLED.",
                schema: JSONSchema.reference("CancelledOrder")),
            .problem(404, "There is no such order."),
            .problem(409, "The order is not APPROVED, so it cannot be cancelled."),
        ]
    ) { .object($0.order.jsonMembers) }
}
