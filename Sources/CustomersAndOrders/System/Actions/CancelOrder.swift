internal import Orders
package import Tram
package import TramWorkbench

/// Cancels an approved order.
package struct CancelOrder: Action {
    package static let name = "order cancel"
    package static let summary =
        "Cancel an approved order; its credit is freed when the customer hears of it."
    package static let service = ServiceName.order
    package static let makesStores = false
    package static let fields = [
        ActionField("id", .id, "The order's id.", example: .integer(1))
    ]

    private let id: Int

    package init(_ input: ActionInput) throws {
        id = try input.read("id", Input.id)
    }

    package func perform(
        in system: CustomersAndOrders, key: IdempotencyKey?
    ) throws -> ChangedOrder {
        do {
            let (order, published) = try system.orders.cancelOrder(id, key: key)
            return ChangedOrder(order: order, published: published)
        } catch let refusal as OrderError {
            guard try system.needsHelp(order: id) else { throw refusal }
            throw HelplessOrder(refusal: refusal, order: id)
        }
    }
}
