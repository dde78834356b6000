internal import Contracts
package import Tram

/// The Customer Service's part in the orchestrated Create Order saga: it does what it is told, and
/// answers.
package enum CustomerCommandHandler {
    package static let handlers = CommandHandlers(
        CustomerEventConsumer.subscriberID, on: .customerService,
        [.on(ReserveCredit.self, reserveCredit)])

    private static func reserveCredit(
        _ command: CommandEnvelope<ReserveCredit>, _ transaction: any Transaction
    ) throws -> CommandResult {
        let customerID = command.customerId
        let orderID = command.orderId
        let decision = try CreditDecision.decide(
            order: orderID, customer: customerID, total: command.orderTotal, in: transaction)
        let words = decision.description(
            order: orderID, customer: customerID, total: command.orderTotal)
        switch decision {
        case .reserved, .alreadyReserved:
            return .success(
                CustomerCreditReserved(customerId: customerID, orderId: orderID), words)
        case .limitExceeded:
            throw Refusal(
                CustomerCreditLimitExceeded(customerId: customerID, orderId: orderID), words)
        case .unknownCustomer:
            throw Refusal(CustomerNotFound(customerId: customerID, orderId: orderID), words)
        }
    }
}
