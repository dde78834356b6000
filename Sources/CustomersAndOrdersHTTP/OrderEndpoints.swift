internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import Presentation
internal import TramHTTP
internal import TramWorkbench

/// The Order Service over HTTP.
enum OrderEndpoints {
    static let all = [create, show, list, listOfCustomer, cancel]

    private static let example: JSON = [
        "customerId": .integer(1), "orderTotal": ["amount": .integer(4)],
    ]

    private static let create = Endpoint(
        method: .post, path: "/orders", name: "createOrder",
        summary: "Create a pending order, and begin the saga that decides it.",
        worker: .writer(ServiceName.order), takesIdempotencyKey: true,
        body: BodyDescription(schema: JSONSchema.reference("NewOrder"), example: example),
        answers: [
            AnswerDescription(
                status: 200, summary: "The order is created, and PENDING.",
                schema: JSONSchema.object(["orderId": JSONSchema.id]))
        ]
    ) { call in
        let body = try RequestBody(
            call.body, keys: ["customerId", "orderTotal", "saga"], example: example)
        let customerID = try body.id("customerId")
        let total = try body.amount("orderTotal", Input.positiveAmount)
        let saga = try body.choice("saga", SagaKind.choreography)
        return { system in
            let (order, _) = try system.orders.createOrder(
                customerID: customerID, total: total, saga: saga, key: call.idempotencyKey)
            return .json(["orderId": .integer(order.id)])
        }
    }

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
            try inTermsOfHTTP {
                let order = try system.orders.order(id)
                return .json(order.json(try system.wait(of: order)))
            }
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

    private static let cancel = Endpoint(
        method: .post, path: "/orders/{id}/cancel", name: "cancelOrder",
        summary: "Cancel an approved order; its credit is freed when the customer hears of it.",
        worker: .writer(ServiceName.order), takesIdempotencyKey: true,
        answers: [
            AnswerDescription(
                status: 200, summary: "The order is CANCELLED.",
                schema: JSONSchema.reference("CancelledOrder")),
            .problem(404, "There is no such order."),
            .problem(409, "The order is not APPROVED, so it cannot be cancelled."),
        ]
    ) { call in
        let id = try call.id()
        return { system in
            try inTermsOfHTTP(isHelpless: { try system.needsHelp(order: $0) }) {
                // The same also when it is repeated: nothing that changes with time.
                let order = try system.orders.cancelOrder(id, key: call.idempotencyKey).order
                return .json(.object(order.jsonMembers))
            }
        }
    }

    /// Tells whoever meets a refusal of the Order Service what to do next over HTTP.
    ///
    /// - Parameter isHelpless: whether a pending order will not be decided unless somebody helps its saga.
    private static func inTermsOfHTTP(
        isHelpless: (Int) throws -> Bool = { _ in false }, _ body: () throws -> Answer
    ) throws -> Answer {
        do {
            return try body()
        } catch let error as OrderError {
            let problem = Problem(error, of: CustomersAndOrders.self)
            let help: Advice =
                switch error {
                case .notFound: "see all orders: GET /orders"
                case .notCancellable(let id, .pending) where try isHelpless(id):
                    "nothing decides it any more unless its saga is helped: GET /sagas/\(id)"
                case .notCancellable(_, .pending):
                    "wait until it is decided; POST /relay/run makes the saga's next step, if the relay "
                        + "waits for it"
                case .notCancellable(let id, _): "see the order: GET /orders/\(id)"
                }
            throw Problem(
                code: problem.code, message: problem.message, reason: problem.reason, help: help,
                field: problem.field, value: problem.value)
        }
    }
}
