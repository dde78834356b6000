internal import Contracts
package import Tram

/// The Order Service's part in the choreographed Create Order saga: it hears what the Customer
/// Service decided, and approves or rejects the order. An event that comes late or again never moves
/// an order out of an end state.
package enum OrderEventConsumer {
    package static let subscriberID = "order"

    package static let handlers = DomainEventHandlers(
        subscriberID,
        [
            .on(CustomerCreditReserved.self) { event, transaction in
                try OrderDecision.approve(event.orderId, in: transaction)
            },
            .on(CustomerCreditLimitExceeded.self) { event, transaction in
                try OrderDecision.reject(
                    event.orderId, .insufficientCredit, in: transaction)
            },
            .on(CustomerNotFound.self) { event, transaction in
                try OrderDecision.reject(event.orderId, .unknownCustomer, in: transaction)
            },
        ])
}
