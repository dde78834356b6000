internal import Contracts
package import Customers
package import Tram
package import TramWorkbench

/// Creates a customer, and publishes `CustomerCreated`.
package struct CreateCustomer: Action {
    package static let name = "customer create"
    package static let summary = "Create a customer, and publish CustomerCreated."
    package static let service = ServiceName.customer
    package static let fields = [
        ActionField(
            "name", .string, "1 to 200 characters.", example: .string("Jane Doe")),
        ActionField(
            "creditLimit", .number(in: "amount"), "For example 5 or 12.34.",
            example: ["amount": .integer(5)]),
    ]

    private let customerName: CustomerName
    private let creditLimit: Money

    package init(_ input: ActionInput) throws {
        customerName = try input.read("name", Input.name)
        creditLimit = try input.read("creditLimit", Input.amount)
    }

    package func perform(
        in system: CustomersAndOrders, key: IdempotencyKey?
    ) throws -> CreatedCustomer {
        let (customer, published) = try system.customers.createCustomer(
            name: customerName, creditLimit: creditLimit, key: key)
        return CreatedCustomer(customer: customer, published: published)
    }
}

/// A customer who has just been created.
package struct CreatedCustomer: Sendable {
    package let customer: Customer
    /// The message that tells of it.
    package let published: MessageHeading

    package var json: JSON {
        .object(
            customer.jsonMembers + [
                JSON.Member("published", .strings([published.id.description]))
            ])
    }
}
