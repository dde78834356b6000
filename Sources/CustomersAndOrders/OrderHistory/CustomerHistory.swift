package import Contracts

/// The view's document about a customer: the customer, as far as known, and the customer's orders.
package struct CustomerHistory: Hashable, Sendable {
    package let id: Int
    /// Nil as long as the customer's own event has not come; an unknown customer never has one.
    package let customer: KnownCustomer?
    /// By id.
    package let orders: [OrderView]

    package init(id: Int, customer: KnownCustomer?, orders: [OrderView]) {
        self.id = id
        self.customer = customer
        self.orders = orders
    }
}

/// A customer of the view, without the orders.
package struct ViewedCustomer: Hashable, Sendable {
    package let id: Int
    /// See ``CustomerHistory/customer``.
    package let known: KnownCustomer?
}

/// What the view knows of a customer from the customer's own event.
package struct KnownCustomer: Hashable, Sendable {
    package let name: String
    package let creditLimit: Money
}

/// What the view knows of an order.
package struct OrderView: Hashable, Sendable {
    package let id: Int
    package let customerID: Int
    package var state: OrderState
    package let total: Money
}
