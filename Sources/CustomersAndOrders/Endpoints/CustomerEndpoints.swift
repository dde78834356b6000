internal import Customers
internal import CustomersAndOrders
internal import TramHTTP
internal import TramWorkbench

/// The Customer Service over HTTP.
enum CustomerEndpoints {
    static let all = [create, show, list]

    private static let create = Endpoint.performing(
        CreateCustomer.self, path: "/customers", name: "createCustomer",
        body: JSONSchema.reference("NewCustomer"),
        answers: [
            AnswerDescription(
                status: 200, summary: "The customer is created.",
                schema: JSONSchema.object(["customerId": JSONSchema.id]))
        ]
    ) { ["customerId": .integer($0.customer.id)] }

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
                throw Problem.customerNotFound(id)
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
