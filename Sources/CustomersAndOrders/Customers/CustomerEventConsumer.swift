internal import Contracts
package import Tram

/// The Customer Service's part in the choreographed Create Order saga: it hears of orders, and
/// answers with what it decided about their credit.
package enum CustomerEventConsumer {
    package static let subscriberID = "customer"

    package static let handlers = DomainEventHandlers(
        subscriberID,
        [
            .on(OrderCreated.self, reserveCredit),
            .on(OrderCancelled.self, releaseCredit),
        ])

    private static func reserveCredit(
        _ event: DomainEventEnvelope<OrderCreated>, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        let orderID = try event.numericAggregateID()
        guard event.saga == .choreography else {
            return .ignored("order \(orderID) is orchestrated")
        }
        let customerID = event.orderDetails.customerId
        let total = event.orderDetails.orderTotal
        let decision = try CreditDecision.decide(
            order: orderID, customer: customerID, total: total, in: transaction)
        let words = decision.description(order: orderID, customer: customerID, total: total)
        switch decision {
        case .alreadyReserved: return .ignored(words)
        case .reserved:
            try transaction.publish(
                CustomerCreditReserved(customerId: customerID, orderId: orderID), about: customerID)
        case .limitExceeded:
            try transaction.publish(
                CustomerCreditLimitExceeded(customerId: customerID, orderId: orderID),
                about: customerID)
        case .unknownCustomer:
            try transaction.publish(
                CustomerNotFound(customerId: customerID, orderId: orderID), about: customerID)
        }
        return .handled(words)
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
