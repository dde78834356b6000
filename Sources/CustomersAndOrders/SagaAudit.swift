internal import Contracts
internal import Orders
internal import Tram

/// What the sagas of orders must obey in the Order Service's store.
struct SagaAudit {
    let view: any Transaction
    let sagas: SagaManager<CreateOrderSaga>
    /// What operators have decided, by saga.
    private let decisions: [SagaReference: [SagaDecision]]

    init(_ view: any Transaction, _ sagas: SagaManager<CreateOrderSaga>) throws {
        self.view = view
        self.sagas = sagas
        decisions = Dictionary(grouping: try Sagas.decisions(in: view), by: \.saga)
            .mapValues { $0.map(\.decision) }
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
        func known(_ table: StaticString) throws -> [SagaReference] {
            try view.rows(
                SQL(
                    unsafeText: """
                        SELECT DISTINCT saga_type, saga_id FROM \(table)
                        ORDER BY saga_type, saga_id
                        """)
            ).map { row in
                let (type, id): (String, String) = try row.values()
                return SagaReference(type: type, id: id)
            }.filter { !own.contains($0) }
        }
        return try known("saga_instance").map { Fault(text: "\($0) is no order's") }
            + known("saga_log").map { Fault(text: "there is a log of \($0), which is no order's") }
            + known("saga_decision").map {
                Fault(text: "it was decided about \($0), which is no order's")
            }
            + known("saga_instance_participants").map {
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
        guard try exists(order.saga) else {
            // Only a saga that has ended is purged, and it has decided about its order.
            let isPurged = try order.state != .pending && Sagas.isPurged(order.saga, in: view)
            return isPurged ? [] : [fault(" is gone")]
        }
        let saga = try sagas.inspect(order.saga.id, in: view)
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
        if try !Sagas.isConsistent(order.saga, in: view) {
            faults.append(fault(": its columns and its state do not agree"))
        }
        return faults + logFaults(saga, overview).map { fault(": \($0)") }
    }

    private func exists(_ saga: SagaReference) throws -> Bool {
        try !view.rows(
            """
            SELECT 1 FROM saga_instance WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            """
        ).isEmpty
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

    // MARK: The log

    private func logFaults(_ saga: SagaInspection, _ overview: SagaOverview) -> [String] {
        var faults: [String] = []
        if saga.log.first?.event != .started || !isEnd(saga.log, of: overview.state) {
            faults.append("its log does not tell how it came to its state")
        } else if saga.log.last?.data != overview.data && overview.state.isEnd {
            faults.append("its log ends with other data than it has")
        }
        if !overview.state.isEnd, overview.retryAt == nil,
            overview.lastRequest == nil || overview.lastRequest != lastCommand(saga.log)
        {
            faults.append("its log tells of another command than the one that it waits for")
        }
        faults += saga.log.enumerated().compactMap { number, entry in
            flaw(of: entry, saga).map { "entry \(number + 1) of its log \($0)" }
        }
        if !agrees(saga.log, with: decisions[saga.reference] ?? []) {
            faults.append("its log and what was decided about it do not agree")
        }
        return faults
    }

    /// Whether an entry tells of a reply.
    private func isAnswer(_ entry: SagaLogEntry, _ definition: SagaDefinition?) -> Bool {
        let step = definition?.steps.first { $0.name == entry.step }
        let operation: OperationDefinition? =
            switch entry.event {
            case .done, .refused: step?.action
            case .undone, .stuck: step?.compensation
            default: nil
            }
        return if case .request? = operation { true } else { false }
    }

    private func lastCommand(_ log: [SagaLogEntry]) -> MessageID? {
        log.last { $0.event == .requested || $0.event == .compensating }?.message
    }

    /// What is wrong with an entry by itself.
    private func flaw(of entry: SagaLogEntry, _ saga: SagaInspection) -> String? {
        switch entry.event {
        case .requested, .compensating, .notified, .ignored:
            if entry.message == nil { return "names no message" }
        case .started, .completed, .rolledBack, .failed, .hookFailed:
            if let step = entry.step { return "is about the step '\(step)'" }
        case .done, .refused, .timedOut, .undone, .stuck, .waiting, .retried, .takenUp, .resent,
            .skipped, .rollbackOrdered, .abandoned:
            break
        }
        if isAnswer(entry, saga.definition), entry.message == nil { return "names no message" }
        // Another definition may have had other steps.
        if saga.stranded == nil, let definition = saga.definition, let step = entry.step,
            !saga.isAbandoned, !definition.steps.contains(where: { $0.name == step })
        {
            return "is about the step '\(step)', which is not one of its definition's"
        }
        struct Anything: Decodable {
            init(from decoder: any Decoder) throws {}
        }
        let isKnown = saga.isAbandoned && entry.data == saga.overview?.data
        if !isKnown, (try? WireFormat.decode(Anything.self, from: entry.data)) == nil {
            return "holds data that is not JSON"
        }
        return nil
    }

    /// Whether the log has come to that end, or to none.
    private func isEnd(_ log: [SagaLogEntry], of state: SagaState) -> Bool {
        let ends = log.map(\.event).filter {
            [.completed, .rolledBack, .failed].contains($0)
        }
        return switch state {
        case .completed: ends.last == .completed
        case .rolledBack: ends.last == .rolledBack
        case .failed: ends.last == .failed
        // A failed saga that was retried has come to an end before.
        case .running, .compensating: ends.allSatisfy { $0 == .failed }
        }
    }

    /// Whether the log tells just the decisions that are kept.
    private func agrees(_ log: [SagaLogEntry], with decisions: [SagaDecision]) -> Bool {
        SagaDecision.allCases.allSatisfy { decision in
            let event: SagaLogEvent =
                switch decision {
                case .retry: .takenUp
                case .resend: .resent
                case .skip: .skipped
                case .rollback: .rollbackOrdered
                case .abandon: .abandoned
                }
            let told = log.count { $0.event == event }
            let kept = decisions.count { $0 == decision }
            // A program that kept no decisions has told of retries all the same.
            return decision == .retry ? told >= kept : told == kept
        }
    }
}
