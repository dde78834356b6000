internal import Contracts
internal import Orders
package import Tram
package import TramWorkbench

/// Creates a pending order, and begins the saga that decides it.
package struct CreateOrder: Action {
    package static let name = "order create"
    package static let summary = "Create a pending order, and begin the saga that decides it."
    package static let service = ServiceName.order
    package static let fields = [
        ActionField("customerId", .id, "The customer.", example: .integer(1)),
        ActionField(
            "orderTotal", .number(in: "amount"), "More than 0, for example 4 or 12.34.",
            example: ["amount": .integer(4)]),
        ActionField(
            "saga", .words(SagaKind.allCases.map(\.rawValue)), "The kind of saga that decides."),
    ]

    private let customerID: Int
    private let total: Money
    private let saga: SagaKind

    package init(_ input: ActionInput) throws {
        customerID = try input.read("customerId", Input.id)
        total = try input.read("orderTotal", Input.positiveAmount)
        saga = try input.choice("saga", .choreography)
    }

    package func perform(
        in system: CustomersAndOrders, key: IdempotencyKey?
    ) throws -> ChangedOrder {
        let (order, published) = try system.orders.createOrder(
            customerID: customerID, total: total, saga: saga, key: key)
        return ChangedOrder(order: order, published: published)
    }
}
