internal import Contracts
internal import Customers
internal import OrderHistory
package import Orders
package import Tram
internal import TramSQLite
package import TramWorkbench

/// A delivery that has not been made yet.
package struct OutstandingDelivery: Hashable, Sendable {
    package let message: MessageHeading
    package let subscriber: String
    package let state: MessageState
    /// Whether the subscriber gets another payload than was sent.
    package var isEdited = false
}

extension CustomersAndOrders {
    /// What an order's saga waits for: deliveries, between the Order Service and the Customer
    /// Service, of messages about the order. An order that is decided waits for nothing, but for the
    /// release of its credit.
    package func outstandingDeliveries(
        for order: Order, _ availability: Availability = Availability()
    ) throws -> [OutstandingDelivery] {
        guard order.isWaiting else { return [] }
        func unpublished(
            _ store: SQLiteStore, _ channel: String, _ partitionID: String
        ) throws -> [Message] {
            try availability.attempt(store) {
                try $0.read {
                    try Outbox($0).unpublished(destination: channel, partitionID: partitionID)
                }
            } ?? []
        }
        var messages: [Message] = []
        if let sagaID = order.sagaID {
            messages += try unpublished(orderStore, CommandChannel.customerService.name, sagaID)
            messages += try unpublished(customerStore, CreateOrderSaga.replyChannel, sagaID)
        } else {
            messages += try unpublished(customerStore, Channel.customer, "\(order.customerID)")
        }
        messages += try unpublished(orderStore, Channel.order, "\(order.id)")
        let own = try messages.filter {
            try orderID(of: $0) == order.id && !isNews($0, aboutOrder: order.id)
        }
        let deliveries =
            try own.flatMap { try outstandingDeliveries(of: $0, availability) }
            + stashedCommands(of: order, availability)
            + commandsGivenBack(of: order, availability).filter { command in
                !own.contains { $0.id == command.message.id }
            }
        if !deliveries.isEmpty { return deliveries }
        // An answer of the customer's that cannot be read may be about this order.
        return try messages.filter {
            try $0.destination == Channel.customer && $0.type != CustomerCreated.eventType
                && orderID(of: $0) == nil
        }.flatMap { try outstandingDeliveries(of: $0, availability) }
    }

    /// The commands of an order's saga that a participant has, and that wait for a lock.
    private func stashedCommands(
        of order: Order, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        guard let sagaID = order.sagaID else { return [] }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        let stashed = try availability.attempt(customerStore) {
            try $0.read { try Sagas.stashedCommands(of: reference, in: $0) }
        }
        return (stashed ?? []).map {
            OutstandingDelivery(
                message: $0, subscriber: customers.subscriber.id, state: .stashed)
        }
    }

    /// The commands of an order's saga that a participant had, and could not go on with, when their outbox
    /// has not heard of it yet: a relay was ended in between.
    private func commandsGivenBack(
        of order: Order, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        guard let sagaID = order.sagaID else { return [] }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        let commands = try availability.attempt(customerStore) {
            try $0.read { try Sagas.commandsGivenBack(of: reference, in: $0) }
        }
        return try (commands ?? []).flatMap { command in
            try workbench.message(command, availability).map { status in
                try outstandingDeliveries(of: status.entry.message, availability)
            } ?? []
        }
    }

    /// The same for all orders at once, by id: each pending message is read once.
    package func outstandingDeliveriesByOrder(
        _ availability: Availability = Availability()
    ) throws -> [Int: [OutstandingDelivery]] {
        var outstanding: [Int: [OutstandingDelivery]] = [:]
        for source in [
            workbench.service(ServiceName.order), workbench.service(ServiceName.customer),
        ] {
            try forEachPage(of: source, unseenAfter: nil, availability) { messages in
                let notes = try notes(of: messages, in: source, availability)
                for message in messages {
                    guard let id = try orderID(of: message),
                        try !isNews(message, aboutOrder: id)
                    else { continue }
                    let deliveries = try outstandingDeliveries(of: message, notes, availability)
                    if deliveries.isEmpty { continue }
                    outstanding[id, default: []] += deliveries
                }
            }
        }
        return outstanding
    }

    private func outstandingDeliveries(
        of message: Message, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        try outstandingDeliveries(
            of: message,
            notes(of: [message], in: workbench.service(message.id.service), availability),
            availability)
    }

    /// What an outbox knows of the deliveries of some of its messages.
    private func notes(
        of messages: [Message], in source: Service, _ availability: Availability
    ) throws -> DeliveryNotes {
        guard let first = messages.first?.id.number, let last = messages.last?.id.number else {
            return DeliveryNotes()
        }
        return try availability.attempt(source.store) {
            try $0.read { try Outbox($0).allNotes(first...last) }
        } ?? DeliveryNotes()
    }

    private func outstandingDeliveries(
        of message: Message, _ notes: DeliveryNotes, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        // No saga waits for the view.
        try workbench.deliveries(
            of: message, notes, availability, except: ServiceName.history
        ).compactMap { delivery in
            guard let subscriber = delivery.subscriber,
                delivery.state != .delivered && delivery.state != .discarded
            else { return nil }
            return OutstandingDelivery(
                message: message.heading, subscriber: subscriber, state: delivery.state,
                isEdited: delivery.edited != nil)
        }
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

    /// Calls `body` for the pending messages of an outbox, page by page.
    ///
    /// - Parameter unseenAfter: all messages with a higher number as well, pending or not.
    func forEachPage(
        of source: Service, unseenAfter number: Int?, _ availability: Availability,
        _ body: ([Message]) throws -> Void
    ) throws {
        var after = 0
        while true {
            let messages = try availability.attempt(source.store) {
                try $0.read {
                    try Outbox($0).unpublished(
                        after: after, orAllAfter: number ?? .max, limit: pageSize)
                }
            }
            guard let messages, let last = messages.last else { return }
            try body(messages)
            after = last.id.number
        }
    }
}
