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
        guard order.isWaiting else { return [] }
        var messages: [Message] = []
        if let sagaID = order.sagaID {
            messages += try unpublished(orderStore, CommandChannel.customerService.name, sagaID)
            messages += try unpublished(customerStore, CreateOrderSaga.replyChannel, sagaID)
        } else {
            messages += try unpublished(customerStore, Channel.customer, "\(order.customerID)")
        }
        messages += try unpublished(orderStore, Channel.order, "\(order.id)")
        return try messages.filter {
            try orderID(of: $0) == order.id && !isNews($0, aboutOrder: order.id)
        }.flatMap(outstandingDeliveries)
    }

    private func unpublished(
        _ store: SQLiteStore, _ channel: String, _ partitionID: String
    ) throws -> [Message] {
        try store.read {
            try Outbox($0).unpublished(destination: channel, partitionID: partitionID)
        }
    }

    /// The same for all orders at once, by id: each pending message is read once.
    package func outstandingDeliveriesByOrder() throws -> [Int: [OutstandingDelivery]] {
        var outstanding: [Int: [OutstandingDelivery]] = [:]
        for source in [service(ServiceName.order), service(ServiceName.customer)] {
            try forEachPage(of: source) { messages in
                for message in messages {
                    guard let id = try orderID(of: message),
                        try !isNews(message, aboutOrder: id)
                    else { continue }
                    outstanding[id, default: []] += try outstandingDeliveries(of: message)
                }
            }
        }
        return outstanding
    }

    private func outstandingDeliveries(of message: Message) throws -> [OutstandingDelivery] {
        try deliveries(of: message, from: service(message.id.service)).filter {
            $0.subscriber != OrderHistoryService.subscriberID && $0.state != .delivered
        }.map {
            OutstandingDelivery(
                message: message.heading, subscriber: $0.subscriber, state: $0.state)
        }
    }

    /// How many events the view has not heard of, by the customer whom they are about. Customers
    /// without any are left out.
    package func eventsBehindView() throws -> [Int: Int] {
        var behind: [Int: Int] = [:]
        for source in relay.services {
            try forEachPage(of: source) { messages in
                for message in messages {
                    guard let customer = try customerID(of: message),
                        try deliveries(of: message, from: source).contains(where: {
                            $0.subscriber == OrderHistoryService.subscriberID
                                && $0.state != .delivered
                        })
                    else { continue }
                    behind[customer, default: 0] += 1
                }
            }
        }
        return behind
    }

    /// The customer whom a message is about; nil when that cannot be told. An order's message need
    /// not be readable for it.
    private func customerID(of message: Message) throws -> Int? {
        guard let id = Int(message.partitionID) else { return nil }
        if message.destination == Channel.customer { return id }
        return try orders.findOrder(id)?.customerID
    }

    /// The order that a message is about: by its own event, a customer's answer to it, or its
    /// orchestrator's command or reply; nil when it is about none.
    func orderID(of message: Message) throws -> Int? {
        struct Answer: Decodable {
            let orderId: Int
        }
        switch message.destination {
        case Channel.order: return Int(message.partitionID)
        case CommandChannel.customerService.name, CreateOrderSaga.replyChannel:
            return try orders.order(orchestratedBy: message.partitionID)?.id
        default: return try? WireFormat.decode(Answer.self, from: message.payload).orderId
        }
    }

    /// Whether a message is about an order without moving its saga: that an orchestrated order was
    /// created is news.
    private func isNews(_ message: Message, aboutOrder id: Int) throws -> Bool {
        try message.type == OrderCreated.eventType
            && orders.findOrder(id)?.saga == .orchestration
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

extension Order {
    /// Whether its saga may still have something to do.
    package var isWaiting: Bool { state == .pending || state == .cancelled }
}
