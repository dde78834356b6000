package import Tram

extension CommandChannel {
    /// Where the Customer Service receives commands.
    package static let customerService: CommandChannel = "customerService"
}

/// Asks the Customer Service to reserve credit for an order.
package struct ReserveCredit: Command {
    package static let commandType = "ReserveCredit"
    package let customerId: Int
    package let orderId: Int
    package let orderTotal: Money

    package init(customerId: Int, orderId: Int, orderTotal: Money) {
        self.customerId = customerId
        self.orderId = orderId
        self.orderTotal = orderTotal
    }
}

// Both sagas speak the same words: the events that answer an order are also the replies to the
// command.

extension CustomerCreditReserved: Reply {
    package static let replyType = eventType
}

extension CustomerCreditLimitExceeded: FailureReply {
    package static let replyType = eventType
}

extension CustomerNotFound: FailureReply {
    package static let replyType = eventType
}
