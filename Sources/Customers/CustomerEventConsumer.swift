internal import Contracts
package import Tram

/// The Customer Service's part in the choreographed Create Order saga: it hears of orders, and
/// answers with what it decided about their credit.
package enum CustomerEventConsumer {
    package static let subscriberID = "customer"

    package static var handlers: DomainEventHandlers {
        DomainEventHandlers(
            subscriberID,
            [
                .on(OrderCreated.self, reserveCredit),
                .on(OrderCancelled.self, releaseCredit),
            ])
    }

    private static func reserveCredit(
        _ event: DomainEventEnvelope<OrderCreated>, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let orderID = try event.numericAggregateID()
        let customerID = event.orderDetails.customerId
        let total = event.orderDetails.orderTotal
        let customers = CustomerRepository(transaction)

        guard var customer = try customers.find(customerID) else {
            try transaction.publish(
                CustomerNotFound(customerId: customerID, orderId: orderID), about: customerID)
            return .handled(
                "customer \(customerID) does not exist, order \(orderID) cannot be paid")
        }
        guard try customers.reservation(forOrder: orderID) == nil else {
            return .ignored("credit is already reserved for order \(orderID)")
        }
        guard customer.reserve(total) else {
            try transaction.publish(
                CustomerCreditLimitExceeded(customerId: customerID, orderId: orderID),
                about: customerID)
            return .handled(
                "refused \(total) for order \(orderID): "
                    + "\(customer.available) of \(customer.creditLimit) available")
        }
        try customers.save(
            Reservation(orderID: orderID, customerID: customerID, amount: total), of: customer)
        try transaction.publish(
            CustomerCreditReserved(customerId: customerID, orderId: orderID), about: customerID)
        return .handled("reserved \(total) of \(customer.creditLimit) for order \(orderID)")
    }

    private static func releaseCredit(
        _ event: DomainEventEnvelope<OrderCancelled>, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let orderID = try event.numericAggregateID()
        let customers = CustomerRepository(transaction)
        guard let reservation = try customers.reservation(forOrder: orderID),
            var customer = try customers.find(reservation.customerID)
        else { return .ignored("no credit is reserved for order \(orderID)") }
        customer.release(reservation.amount)
        try customers.delete(reservation, of: customer)
        return .handled("released \(reservation.amount) of order \(orderID)")
    }
}
