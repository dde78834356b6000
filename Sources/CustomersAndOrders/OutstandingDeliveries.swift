internal import Contracts
internal import OrderHistory
package import Orders
package import Tram
internal import TramSQLite

/// A delivery that has not been made yet.
package struct OutstandingDelivery: Hashable, Sendable {
    package let message: MessageHeading
    package let subscriber: String
    package let state: MessageState
}

extension CustomersAndOrders {
    /// What an order's saga waits for: deliveries, between the Order Service and the Customer
    /// Service, of messages about the order. An order that is decided waits for nothing, but for the
    /// release of its credit.
    package func outstandingDeliveries(for order: Order) throws -> [OutstandingDelivery] {
        guard order.state == .pending || order.state == .cancelled else { return [] }
        let own = try orderStore.read {
            try Outbox($0).unpublished(destination: Channel.order, partitionID: "\(order.id)")
        }
        let answers = try customerStore.read {
            try Outbox($0).unpublished(
                destination: Channel.customer, partitionID: "\(order.customerID)")
        }.filter { orderID(of: $0) == order.id }

        var outstanding: [OutstandingDelivery] = []
        for message in own + answers {
            let source = service(message.id.service)
            for delivery in try deliveries(of: message, from: source)
            where delivery.subscriber != OrderHistoryService.subscriberID
                && delivery.state != .delivered
            {
                outstanding.append(
                    OutstandingDelivery(
                        message: message.heading, subscriber: delivery.subscriber,
                        state: delivery.state))
            }
        }
        return outstanding
    }

    /// How many events the view has not heard of, by the customer whom they are about. Customers
    /// without any are left out.
    package func eventsBehindView() throws -> [Int: Int] {
        var behind: [Int: Int] = [:]
        let view = service(ServiceName.history)
        for source in relay.services {
            try forEachPage(of: source) { messages in
                try view.store.read { transaction in
                    for message in messages {
                        guard
                            view.subscribers.contains(where: {
                                $0.accepts(type: message.type, from: message.destination)
                            }), let customer = customerID(of: message),
                            try !Inbox(transaction).contains(
                                message.id, for: OrderHistoryService.subscriberID)
                        else { continue }
                        behind[customer, default: 0] += 1
                    }
                }
            }
        }
        return behind
    }

    private func forEachPage(of source: Service, _ body: ([Message]) throws -> Void) throws {
        var after = 0
        while true {
            let messages = try source.store.read {
                try Outbox($0).unpublished(after: after, through: .max, limit: pageSize)
            }
            guard let last = messages.last else { return }
            try body(messages)
            after = last.id.number
        }
    }
}

/// How many rows are read at a time where there may be many.
package let pageSize = 500

/// The customer whom a message is about; nil when that cannot be told from it.
private func customerID(of message: Message) -> Int? {
    struct AboutOrder: Decodable {
        let orderDetails: OrderDetails
    }
    if message.destination == Channel.customer { return Int(message.partitionID) }
    return try? WireFormat.decode(AboutOrder.self, from: message.payload).orderDetails.customerId
}

/// The order that a customer's event answers; nil when it answers none.
private func orderID(of message: Message) -> Int? {
    struct Answer: Decodable {
        let orderId: Int
    }
    return try? WireFormat.decode(Answer.self, from: message.payload).orderId
}
