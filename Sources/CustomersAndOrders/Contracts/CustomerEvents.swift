package import Tram

/// The channels of the system: one for each type of aggregate.
package enum Channel {
    package static let customer = "Customer"
    package static let order = "Order"
}

/// An event about a customer. Its aggregate id is the customer's.
package protocol CustomerEvent: DomainEvent {}

extension CustomerEvent {
    package static var channel: EventChannel { EventChannel(Channel.customer) }
}

package struct CustomerCreated: CustomerEvent {
    package static let eventType = "CustomerCreated"
    package let name: String
    package let creditLimit: Money

    package init(name: String, creditLimit: Money) {
        self.name = name
        self.creditLimit = creditLimit
    }
}

/// The Customer Service's answer to an order: yes.
package struct CustomerCreditReserved: CustomerEvent {
    package static let eventType = "CustomerCreditReserved"
    package let customerId: Int
    package let orderId: Int

    package init(customerId: Int, orderId: Int) {
        self.customerId = customerId
        self.orderId = orderId
    }
}

/// The Customer Service's answer to an order: the credit that is left is not enough.
package struct CustomerCreditLimitExceeded: CustomerEvent {
    package static let eventType = "CustomerCreditLimitExceeded"
    package let customerId: Int
    package let orderId: Int

    package init(customerId: Int, orderId: Int) {
        self.customerId = customerId
        self.orderId = orderId
    }
}

/// The Customer Service's answer to an order: there is no such customer.
package struct CustomerNotFound: CustomerEvent {
    package static let eventType = "CustomerNotFound"
    package let customerId: Int
    package let orderId: Int

    package init(customerId: Int, orderId: Int) {
        self.customerId = customerId
        self.orderId = orderId
    }
}
