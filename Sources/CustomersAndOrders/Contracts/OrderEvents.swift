package import Tram

/// An event about an order. Its aggregate id is the order's.
package protocol OrderEvent: DomainEvent {
    var orderDetails: OrderDetails { get }
}

extension OrderEvent {
    package static var channel: EventChannel { EventChannel(Channel.order) }
}

/// What was ordered: by whom, and for how much.
package struct OrderDetails: Codable, Hashable, Sendable {
    package let customerId: Int
    package let orderTotal: Money

    package init(customerId: Int, orderTotal: Money) {
        self.customerId = customerId
        self.orderTotal = orderTotal
    }
}

package struct OrderCreated: OrderEvent {
    package static let eventType = "OrderCreated"
    package let orderDetails: OrderDetails
    /// Which saga decides about the order.
    package let saga: SagaKind

    package init(orderDetails: OrderDetails, saga: SagaKind) {
        self.orderDetails = orderDetails
        self.saga = saga
    }
}

package struct OrderApproved: OrderEvent {
    package static let eventType = "OrderApproved"
    package let orderDetails: OrderDetails

    package init(orderDetails: OrderDetails) {
        self.orderDetails = orderDetails
    }
}

package struct OrderRejected: OrderEvent {
    package static let eventType = "OrderRejected"
    package let orderDetails: OrderDetails
    package let rejectionReason: RejectionReason

    package init(orderDetails: OrderDetails, rejectionReason: RejectionReason) {
        self.orderDetails = orderDetails
        self.rejectionReason = rejectionReason
    }
}

package struct OrderCancelled: OrderEvent {
    package static let eventType = "OrderCancelled"
    package let orderDetails: OrderDetails

    package init(orderDetails: OrderDetails) {
        self.orderDetails = orderDetails
    }
}
