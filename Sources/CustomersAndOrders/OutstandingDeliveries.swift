internal import Contracts
internal import Customers
internal import OrderHistory
package import Orders
package import Tram
internal import TramSQLite

/// A delivery that has not been made yet.
package struct OutstandingDelivery: Hashable, Sendable {
    package let message: MessageHeading
    package let subscriber: String
    package let state: MessageState
    /// Whether the subscriber gets another payload than was sent.
    package var isEdited = false
}

/// What an order waits for.
package struct OrderWait: Hashable, Sendable {
    package let deliveries: [OutstandingDelivery]
    /// Whether the order is not decided, and nothing is on its way that would decide it.
    package let isStuck: Bool
    /// When its saga tries its step again; nil when that is not what it waits for.
    package let retry: PendingRetry?

    package init(
        deliveries: [OutstandingDelivery] = [], isStuck: Bool = false, retry: PendingRetry? = nil
    ) {
        self.deliveries = deliveries
        self.isStuck = isStuck
        self.retry = retry
    }
}

/// A step of a saga that is tried again when some time has passed.
package struct PendingRetry: Hashable, Sendable {
    /// Which attempt that is, from 2.
    package let attempt: Int
    package let at: Timestamp

    /// What is waited for, in words that do not depend on the time.
    package var description: String { "the time of attempt \(attempt)" }
}

extension CustomersAndOrders {
    /// What an order waits for, beside whatever else is at work.
    package func wait(
        of order: Order, _ availability: Availability = Availability()
    ) throws -> OrderWait {
        // A message may move on between two looks: then it is looked again.
        for _ in 1...3 {
            let before = try versions(availability)
            let deliveries = try outstandingDeliveries(for: order, availability)
            guard deliveries.isEmpty, before != nil else {
                return OrderWait(deliveries: deliveries)
            }
            let wait = try waitForNothing(order)
            if try versions(availability) == before { return wait }
        }
        return OrderWait()
    }

    /// The same for all orders that are waiting, by id.
    ///
    /// - Parameter deliveries: what ``outstandingDeliveriesByOrder(_:)`` has told of them.
    package func waits(
        of orders: [Order], _ deliveries: [Int: [OutstandingDelivery]],
        _ availability: Availability = Availability()
    ) throws -> [Int: OrderWait] {
        try orders.filter(\.isWaiting).reduce(into: [:]) { waits, order in
            if let own = deliveries[order.id] {
                waits[order.id] = OrderWait(deliveries: own)
            } else {
                waits[order.id] = try wait(of: order, availability)
            }
        }
    }

    /// What changes when anything is committed to the stores of the saga; nil when one is away.
    private func versions(_ availability: Availability) throws -> [Int]? {
        let versions = try [customerStore, orderStore].map { store in
            try availability.attempt(store) { _ in try store.dataVersion() }
        }
        return versions.contains(nil) ? nil : versions.compactMap { $0 }
    }

    /// What an order waits for when nothing is on its way.
    private func waitForNothing(_ order: Order) throws -> OrderWait {
        guard try orders.findOrder(order.id)?.state == .pending else { return OrderWait() }
        guard let sagaID = order.sagaID else { return OrderWait(isStuck: true) }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        let overview = try? orderStore.read { try Sagas.overview(of: reference, in: $0) }
        guard let overview else { return OrderWait(isStuck: true) }
        // Time moves a saga without a message.
        if let time = overview.retryAt, !overview.state.isEnd {
            return OrderWait(retry: PendingRetry(attempt: overview.attempts + 1, at: time))
        }
        return OrderWait(isStuck: !overview.state.isEnd && overview.deadline == nil)
    }

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
            try message(command, availability).map { status in
                try outstandingDeliveries(of: status.entry.message, availability)
            } ?? []
        }
    }

    /// The same for all orders at once, by id: each pending message is read once.
    package func outstandingDeliveriesByOrder(
        _ availability: Availability = Availability()
    ) throws -> [Int: [OutstandingDelivery]] {
        var outstanding: [Int: [OutstandingDelivery]] = [:]
        for source in [service(ServiceName.order), service(ServiceName.customer)] {
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
            notes(of: [message], in: service(message.id.service), availability), availability)
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
        try deliveries(
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

    /// - Throws: `StoreError.ofOtherSystem` when the view was made for another system.
    package func refuseViewOfOtherSystem(_ availability: Availability) throws {
        let own = try historyStore.read { try Identities($0).own() }.system
        for store in [customerStore, orderStore] {
            let other =
                try availability.attempt(store) {
                    try $0.read { try Identities($0).own() }.system
                } ?? nil
            guard let own, let other, own != other else { continue }
            throw StoreError.ofOtherSystem(
                service: ServiceName.history, detail: "it was made for another system")
        }
    }

    /// How many events the view has not heard of, by the customer whom they are about: those that are
    /// pending, and those that were delivered to a view of which an older copy was put back. Customers
    /// without any are left out.
    package func eventsBehindView(
        _ availability: Availability = Availability()
    ) throws -> [Int: Int] {
        let view = OrderHistoryService.handlers
        let seen = try historyStore.read { try Positions($0).sources() }
        var behind: [Int: Int] = [:]
        for source in relay.services {
            let position = seen.first { $0.source == source.name }?.through ?? 0
            try forEachPage(of: source, unseenAfter: position, availability) { messages in
                let missed = try historyStore.read { transaction in
                    try messages.filter {
                        try view.accepts(type: $0.type, from: $0.destination)
                            && !Inbox(transaction).contains($0.id, for: view.id)
                    }
                }
                let settled = try availability.attempt(source.store) { store in
                    try store.read { transaction in
                        let outbox = Outbox(transaction)
                        return try missed.map(\.id).filter { id in
                            let key = DeliveryNotes.Key(message: id.number, subscriber: view.id)
                            return try outbox.discarded(of: id).contains(view.id)
                                || !outbox.notes(id.number...id.number).isFor(key)
                        }
                    }
                }
                for message in missed where !(settled ?? []).contains(message.id) {
                    guard let customer = try customerID(of: message, availability) else { continue }
                    behind[customer, default: 0] += 1
                }
            }
        }
        return behind
    }

    /// The customer whom a message is about; nil when that cannot be told. An order's message need
    /// not be readable for it.
    private func customerID(
        of message: Message, _ availability: Availability
    ) throws -> Int? {
        guard let id = Int(message.partitionID) else { return nil }
        if message.destination == Channel.customer { return id }
        return try availability.attempt(orderStore) { _ in try orders.findOrder(id)?.customerID }
            ?? nil
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
    private func forEachPage(
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

/// How many rows are read at a time where there may be many.
package let pageSize = 500

extension Order {
    /// Whether its saga may still have something to do.
    package var isWaiting: Bool { state == .pending || state == .cancelled }
}
