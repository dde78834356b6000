internal import Contracts
internal import Tram
internal import TramWorkbench

/// The facts of all three stores at one instant: all that the invariants speak of, and nothing that
/// depends on a clock. Two systems in the same state have equal snapshots.
package struct SystemSnapshot: Hashable, Sendable {
    var customers: [CustomerRow]
    var reservations: [ReservationRow]
    var orders: [OrderRow]
    var messages: MessageFacts
    var viewedCustomers: [ViewedCustomerRow]
    var viewedOrders: [ViewedOrderRow]
    var sagas: SagaFacts

    struct CustomerRow: Hashable {
        var id: Int
        var name: String
        var creditLimit: Money
        var reserved: Money
    }

    struct ReservationRow: Hashable {
        var orderID: Int
        var customerID: Int
        var amount: Money
    }

    struct OrderRow: Hashable {
        var id: Int
        var customerID: Int
        var total: Money
        var sagaID: String?
        var state: OrderState
    }

    struct ViewedCustomerRow: Hashable {
        var id: Int
        var name: String?
        var creditLimit: Money?
    }

    struct ViewedOrderRow: Hashable {
        var id: Int
        var customerID: Int
        var state: OrderState
        var total: Money
    }

    /// Whether no message is on its way.
    package var isAtRest: Bool { messages.messages.allSatisfy(\.isPublished) }

    /// Reads the facts.
    init(_ views: Views) throws {
        let customers = try views[ServiceName.customer]
        let orders = try views[ServiceName.order]
        let history = try views[ServiceName.history]
        self.customers = try customers.rows(
            "SELECT id, name, credit_limit, reserved FROM customer ORDER BY id"
        ).map {
            let (id, name, limit, reserved): (Int, String, Money, Money) = try $0.values()
            return CustomerRow(id: id, name: name, creditLimit: limit, reserved: reserved)
        }
        reservations = try customers.rows(
            "SELECT order_id, customer_id, amount FROM credit_reservation ORDER BY order_id"
        ).map {
            let (order, customer, amount): (Int, Int, Money) = try $0.values()
            return ReservationRow(orderID: order, customerID: customer, amount: amount)
        }
        self.orders = try orders.rows(
            "SELECT id, customer_id, total, saga_id, state FROM orders ORDER BY id"
        ).map {
            let (id, customer, total, saga, state): (Int, Int, Money, String?, OrderState) =
                try $0.values()
            return OrderRow(
                id: id, customerID: customer, total: total, sagaID: saga, state: state)
        }
        viewedCustomers = try history.rows(
            "SELECT id, name, credit_limit FROM customer_view ORDER BY id"
        ).map {
            let (id, name, limit): (Int, String?, Money?) = try $0.values()
            return ViewedCustomerRow(id: id, name: name, creditLimit: limit)
        }
        viewedOrders = try history.rows(
            "SELECT id, customer_id, state, total FROM order_view ORDER BY id"
        ).map {
            let (id, customer, state, total): (Int, Int, OrderState, Money) = try $0.values()
            return ViewedOrderRow(id: id, customerID: customer, state: state, total: total)
        }
        sagas = try views.sagas()
        messages = try views.messages()
    }
}
