internal import Contracts
package import Customers
package import OrderHistory
package import Orders
package import Tram
package import TramSQLite
package import TramWorkbench

/// The whole system: three stores, three services on them, and the relay that connects them. Whatever
/// needs more than one service's store is in this target, and only reads.
package final class CustomersAndOrders: Application {
    package static let name = "tram"
    package static let version = "0.1.0"
    package static let exampleMessage = "order:1"
    package static let firstCommand = "customer create --name \"Jane Doe\" --credit-limit 5"
    package static let definitions = [
        StoreDefinition(
            ServiceName.customer, Schemas.customer, numbered: ["customer"],
            firstEvents: [CustomerCreated.eventType]),
        StoreDefinition(
            ServiceName.order, Schemas.order, numbered: ["orders"],
            firstEvents: [OrderCreated.eventType]),
        StoreDefinition(
            ServiceName.history, Schemas.history,
            rebuilding: StoreDefinition.Rebuilding(
                of: "the order history", by: "history rebuild",
                afterPurge: "history rebuild --incomplete",
                gaps: { try OrderHistoryService.gaps(in: $0) })),
    ]

    package let stores: Stores
    package let customers: CustomerService
    package let orders: OrderService
    package let history: OrderHistoryService
    package let relay: Relay

    package init(_ stores: Stores) throws {
        self.stores = stores
        customers = CustomerService(stores[ServiceName.customer])
        orders = try OrderService(stores[ServiceName.order])
        history = OrderHistoryService(stores[ServiceName.history])
        relay = try Relay(wholeSystem: [
            Service(store: stores[ServiceName.customer], subscribers: [customers.subscriber]),
            Service(store: stores[ServiceName.order], subscribers: [orders.subscriber]),
            Service(
                store: stores[ServiceName.history], subscribers: [OrderHistoryService.handlers]),
        ])
    }

    package var customerStore: SQLiteStore { stores.file(ServiceName.customer) }
    package var orderStore: SQLiteStore { stores.file(ServiceName.order) }
    package var historyStore: SQLiteStore { stores.file(ServiceName.history) }
}

/// The names of the services, which are those of their stores.
package enum ServiceName {
    package static let customer = "customer"
    package static let order = "order"
    package static let history = "history"
    package static let all = [customer, order, history]
}
