internal import Customers
internal import CustomersAndOrders
internal import Presentation
internal import TramHTTP
internal import TramWorkbench

/// The Customer Service over HTTP.
enum CustomerEndpoints {
    static let all = [create, show, list]

    private static let example: JSON = [
        "name": .string("Jane Doe"), "creditLimit": ["amount": .integer(5)],
    ]

    private static let create = Endpoint(
        method: .post, path: "/customers", name: "createCustomer",
        summary: "Create a customer, and publish CustomerCreated.",
        worker: .writer(ServiceName.customer),
        takesIdempotencyKey: true,
        body: BodyDescription(schema: JSONSchema.reference("NewCustomer"), example: example),
        answers: [
            AnswerDescription(
                status: 200, summary: "The customer is created.",
                schema: JSONSchema.object(["customerId": JSONSchema.id]))
        ]
    ) { call in
        let body = try RequestBody(call.body, keys: ["name", "creditLimit"], example: example)
        let name = try body.name("name")
        let limit = try body.amount("creditLimit", Input.amount)
        return { system in
            let (customer, _) = try system.customers.createCustomer(
                name: name, creditLimit: limit, key: call.idempotencyKey)
            return .json(["customerId": .integer(customer.id)])
        }
    }

    private static let show = Endpoint(
        method: .get, path: "/customers/{id}", name: "getCustomer",
        summary: "A customer's limit, reserved and available credit.", worker: .reader,
        answers: [
            AnswerDescription(
                status: 200, summary: "The customer.", schema: JSONSchema.reference("Customer")),
            .problem(404, "There is no such customer."),
        ]
    ) { call in
        let id = try call.id()
        return { system in
            guard let customer = try system.customers.customer(id) else {
                throw Problem.customerNotFound(id, help: "see all customers: GET /customers")
            }
            return .json(customer.json)
        }
    }

    private static let list = Endpoint(
        method: .get, path: "/customers", name: "getCustomers", summary: "All customers.",
        worker: .reader,
        answers: [
            AnswerDescription(
                status: 200, summary: "The customers, by id.",
                schema: JSONSchema.object([
                    "customers": JSONSchema.array(of: JSONSchema.reference("Customer"))
                ]))
        ]
    ) { _ in
        { system in
            try .list(opening: #"{"customers":["#, closing: "]}", in: system) { system, after in
                try system.customers.customers(after: after, limit: pageSize)
                    .map { ($0.id, $0.json.text) }
            }
        }
    }
}

extension Customer {
    fileprivate var json: JSON { .object(jsonMembers + jsonCreditMembers) }
}
