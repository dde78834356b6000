internal import Contracts
package import Orders
package import Tram
package import TramWorkbench

/// The sagas that decide about orders, of either kind. Users know each by its order, and messages tell
/// which order they are about: so also those are found that no chain leads to, such as a cancellation.
package struct OrderSagas: SagaCatalogue {
    /// The type of choreographed sagas: they have the ids of their orders.
    package static let chainType = "Order"

    private let orders: OrderService
    private let store: any Store

    package init(_ orders: OrderService, _ store: any Store) {
        self.orders = orders
        self.store = store
    }

    // No saga waits for the view.
    package let services = [ServiceName.order, ServiceName.customer]

    // MARK: Finding

    package func saga(numbered number: Int) throws -> SagaEntry? {
        entry(of: try orders.order(number))
    }

    package func saga(_ reference: SagaReference) throws -> SagaEntry? {
        switch reference.type {
        case CreateOrderSaga.sagaType:
            return try orders.order(orchestratedBy: reference.id).map(entry)
        case Self.chainType:
            guard let id = Int(reference.id), "\(id)" == reference.id,
                let order = try orders.findOrder(id), order.sagaID == nil
            else { return nil }
            return entry(of: order)
        default: return nil
        }
    }

    package func sagas(
        after last: SagaCursor?, limit: Int, undecidedOnly: Bool, _ availability: Availability
    ) throws -> [SagaEntry] {
        let filter = OrderFilter(state: undecidedOnly ? .pending : nil)
        func page() throws -> [Order] {
            try orders.orders(filter, after: last?.position ?? 0, limit: limit)
        }
        let found = undecidedOnly ? try availability.attempt(store) { _ in try page() } : try page()
        return (found ?? []).map(entry)
    }

    /// The saga of an order.
    package func entry(of order: Order) -> SagaEntry {
        let reference =
            order.sagaID.map { SagaReference(type: CreateOrderSaga.sagaType, id: $0) }
            ?? SagaReference(type: Self.chainType, id: "\(order.id)")
        return SagaEntry(
            reference, at: SagaCursor(position: order.id), number: order.id,
            key: "\(order.id)", told: chainState(order.state))
    }

    /// A cancelled order waits for the release of its credit.
    private func chainState(_ state: OrderState) -> ChainState {
        switch state {
        case .pending: .running
        case .approved: .completed
        case .rejected: .rolledBack
        case .cancelled: .settling
        }
    }

    // MARK: Messages

    package func places(of saga: SagaEntry) throws -> [SagaMessagePlace] {
        guard let number = saga.number, let order = try orders.findOrder(number) else { return [] }
        let ofOrder = SagaMessagePlace.partition(
            service: ServiceName.order, channel: Channel.order, id: "\(order.id)")
        let ofCustomer = SagaMessagePlace.partition(
            service: ServiceName.customer, channel: Channel.customer, id: "\(order.customerID)")
        guard let sagaID = order.sagaID else { return [ofCustomer, ofOrder] }
        return [
            .partition(
                service: ServiceName.order, channel: CommandChannel.customerService.name,
                id: sagaID),
            .partition(
                service: ServiceName.customer, channel: CreateOrderSaga.replyChannel, id: sagaID),
            ofOrder, ofCustomer,
        ]
    }

    /// The order that a message is about: by its own event, a customer's answer to it, or its
    /// orchestrator's command or reply.
    package func key(of message: Message) throws -> String? {
        try orderID(of: message).map(String.init)
    }

    private func orderID(of message: Message) throws -> Int? {
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

    /// That an orchestrated order was created is news, and moves no saga.
    package func isAwaited(_ message: Message, by key: String) throws -> Bool {
        guard message.type == OrderCreated.eventType, let id = Int(key) else { return true }
        return try orders.findOrder(id)?.saga != .orchestration
    }

    /// An answer of the customer's that cannot be read may be about any of the customer's orders.
    package func isDoubtful(_ message: Message, for saga: SagaEntry) throws -> Bool {
        try saga.reference.type == Self.chainType && message.destination == Channel.customer
            && message.type != CustomerCreated.eventType && orderID(of: message) == nil
    }

    package func fault(inDataOf overview: SagaOverview, of saga: SagaEntry) -> String? {
        struct Data: Decodable {
            let orderId: Int
        }
        guard let told = try? WireFormat.decode(Data.self, from: overview.data),
            told.orderId != saga.number
        else { return nil }
        return "its data is about order \(told.orderId)"
    }
}

extension CustomersAndOrders {
    package static var sagaWords: SagaWords {
        SagaWords(
            noun: "order", example: "CreateOrderSaga:1", step: "reserve credit",
            reason: "credit was reserved by hand")
    }

    /// A choreographed saga begins when an order is created that no orchestrator decides about.
    package var chains: [Chain] {
        [
            Chain(
                OrderSagas.chainType, in: ServiceName.order, beginsWith: OrderCreated.self
            ) { [orderSagas] id in
                try orderSagas.saga(SagaReference(type: OrderSagas.chainType, id: id))?.told
            }
        ]
    }

    /// The sagas that decide about orders.
    package var sagas: any SagaCatalogue { orderSagas }

    private var orderSagas: OrderSagas { OrderSagas(orders, orderStore) }

    /// The saga that decides about an order.
    package func saga(of order: Order) -> SagaEntry { orderSagas.entry(of: order) }

    /// What an order waits for, beside whatever else is at work. An order that is decided waits for
    /// nothing, but for the release of its credit.
    package func wait(
        of order: Order, _ availability: Availability = Availability()
    ) throws -> SagaWait {
        try workbench.wait(of: saga(of: order), availability)
    }

    /// The same for many orders, by id: each pending message is read once.
    package func waits(
        of orders: [Order], _ availability: Availability = Availability()
    ) throws -> [Int: SagaWait] {
        let deliveries = try workbench.outstandingDeliveriesBySaga(availability)
        return try orders.reduce(into: [:]) { waits, order in
            waits[order.id] = try workbench.wait(of: saga(of: order), deliveries, availability)
        }
    }

    /// Whether an order is pending, and nothing will decide it unless somebody helps its saga.
    package func needsHelp(
        order id: Int, _ availability: Availability = Availability()
    ) throws -> Bool {
        try workbench.needsHelp(saga(of: orders.order(id)), availability)
    }
}
