internal import Contracts
package import Tram

/// The Order Service's part in the choreographed Create Order saga: it hears what the Customer
/// Service decided, and approves or rejects the order. An event that comes late or again never moves
/// an order out of an end state.
package enum OrderEventConsumer {
    package static let subscriberID = "order"

    package static var handlers: DomainEventHandlers {
        DomainEventHandlers(
            subscriberID,
            [
                .on(CustomerCreditReserved.self) { event, transaction in
                    try approve(event.orderId, transaction)
                },
                .on(CustomerCreditLimitExceeded.self) { event, transaction in
                    try reject(event.orderId, .insufficientCredit, transaction)
                },
                .on(CustomerNotFound.self) { event, transaction in
                    try reject(event.orderId, .unknownCustomer, transaction)
                },
            ])
    }

    private static func approve(
        _ orderID: Int, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let orders = OrderRepository(transaction)
        guard var order = try orders.find(orderID) else { throw OrderError.notFound(orderID) }
        guard order.approve() else {
            return .ignored("order \(orderID) is already \(order.state.rawValue)")
        }
        try orders.update(order)
        try transaction.publish(OrderApproved(orderDetails: order.details), about: orderID)
        return .handled("order \(orderID) APPROVED")
    }

    private static func reject(
        _ orderID: Int, _ reason: RejectionReason, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let orders = OrderRepository(transaction)
        guard var order = try orders.find(orderID) else { throw OrderError.notFound(orderID) }
        guard order.reject(reason) else {
            return .ignored("order \(orderID) is already \(order.state.rawValue)")
        }
        try orders.update(order)
        try transaction.publish(
            OrderRejected(orderDetails: order.details, rejectionReason: reason), about: orderID)
        return .handled("order \(orderID) REJECTED: \(reason.rawValue)")
    }
}
