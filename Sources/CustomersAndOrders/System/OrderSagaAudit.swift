internal import Contracts
internal import Orders
internal import Tram
internal import TramWorkbench

/// What the sagas of orders must obey in the Order Service's store.
struct OrderSagaAudit {
    private let view: any Transaction
    private let audit: SagaAudit

    init(_ view: any Transaction, of application: CustomersAndOrders) throws {
        self.view = view
        audit = try SagaAudit(view, of: application)
    }

    /// Something that is wrong with a saga.
    struct Fault {
        let text: String
        /// The order whose saga it is; nil where it is none's.
        var order: Int?
        /// What may explain it; nil when nothing does.
        var kind: OrderFault?
        /// Whether an operator knew it when the saga was given up.
        var isKnown = false
    }

    /// The sagas of orders that are gone, cannot be read, or say something else than the order or the
    /// saga's own log; and those that are no order's. One that is stranded is not broken for that.
    func faults() throws -> [Fault] {
        let rows = try view.rows(
            """
            SELECT id, state, saga_id, customer_id, total, rejection_reason FROM orders
            WHERE saga_id IS NOT NULL ORDER BY id
            """)
        var own: Set<SagaReference> = []
        let broken = try rows.flatMap { row in
            let order = try OrderFacts(row)
            own.insert(order.saga)
            return try faults(of: order)
        }
        return try broken + strangers(but: own)
    }

    private func strangers(but own: Set<SagaReference>) throws -> [Fault] {
        func known(_ table: SagaAudit.Table) throws -> [SagaReference] {
            try audit.sagas(in: table).filter { !own.contains($0) }
        }
        return try known(.instances).map { Fault(text: "\($0) is no order's") }
            + known(.log).map { Fault(text: "there is a log of \($0), which is no order's") }
            + known(.decisions).map {
                Fault(text: "it was decided about \($0), which is no order's")
            }
            + known(.participants).map {
                Fault(text: "locks are known of \($0), which is no order's")
            }
    }

    /// What the Order Service's row says of an order that has a saga.
    private struct OrderFacts {
        let id: Int
        let state: OrderState
        let saga: SagaReference
        let details: OrderDetails
        let reason: RejectionReason?

        init(_ row: Row) throws {
            let (id, state, sagaID, customer, total, reason):
                (Int, OrderState, String, Int, Money, RejectionReason?) = try row.values()
            self.id = id
            self.state = state
            saga = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
            details = OrderDetails(customerId: customer, orderTotal: total)
            self.reason = reason
        }
    }

    private func faults(of order: OrderFacts) throws -> [Fault] {
        let name = "\(order.saga) of order \(order.id)"
        func fault(
            _ text: String, _ kind: OrderFault? = nil, isKnown: Bool = false
        ) -> Fault {
            Fault(text: name + text, order: order.id, kind: kind, isKnown: isKnown)
        }
        guard try audit.exists(order.saga), let saga = try audit.inspect(order.saga) else {
            // Only a saga that has ended is purged, and it has decided about its order.
            let isPurged = try order.state != .pending && Sagas.isPurged(order.saga, in: view)
            return isPurged ? [] : [fault(" is gone")]
        }
        guard let overview = saga.overview, saga.damage.isEmpty else {
            return saga.damage.map { fault(": \($0)") }
        }
        var faults: [Fault] = []
        if isAboutAnother(overview.data, order, mustBeReadable: isReadable(saga)) {
            faults.append(
                fault(": its data is not about the order", isKnown: isKnownByOperator(saga)))
        }
        if !allows(overview.state, order.state) {
            faults.append(
                fault(
                    " is \(overview.state), and the order is \(order.state.rawValue)",
                    .sagaDisagrees))
        }
        return try faults + audit.faults(of: saga).map { fault(": \($0)") }
    }

    // MARK: Data

    /// What a saga's data must tell of its order.
    private struct ToldData: Decodable {
        let orderId: Int
        let orderDetails: OrderDetails
        let rejectionReason: RejectionReason?
    }

    private struct ToldOrder: Decodable {
        let orderId: Int
    }

    private func isAboutAnother(
        _ data: String, _ order: OrderFacts, mustBeReadable: Bool
    ) -> Bool {
        guard let told = try? WireFormat.decode(ToldData.self, from: data) else {
            if mustBeReadable { return true }
            let told = try? WireFormat.decode(ToldOrder.self, from: data)
            return told.map { $0.orderId != order.id } ?? false
        }
        return told.orderId != order.id || told.orderDetails != order.details
            || told.rejectionReason.map { $0 != order.reason } ?? false
    }

    /// Whether the program should understand the data: a definition that it does not know may have
    /// another.
    private func isReadable(_ saga: SagaInspection) -> Bool {
        saga.stranded == nil && saga.definition != nil && !(saga.isAbandoned && wasUntold(saga))
    }

    /// Whether the saga was given up with just this data, which the program did not understand or trust.
    private func isKnownByOperator(_ saga: SagaInspection) -> Bool {
        saga.isAbandoned && wasUntold(saga)
            && saga.log.last { $0.event == .abandoned }?.data == saga.overview?.data
    }

    /// Whether the application was not told that the saga was given up.
    private func wasUntold(_ saga: SagaInspection) -> Bool {
        saga.log.drop { $0.event != .abandoned }.contains { $0.event == .hookFailed }
    }

    // MARK: State

    private func allows(_ saga: SagaState, _ order: OrderState) -> Bool {
        switch saga {
        case .running: order == .pending
        case .completed: order == .approved || order == .cancelled
        case .rolledBack: order == .rejected
        case .compensating, .failed: true
        }
    }
}
