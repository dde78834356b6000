internal import Contracts
internal import Orders
internal import Tram

/// What one store alone must obey, whatever the others say.
struct StoreAudit {
    let view: any Transaction

    /// The tables whose rows are numbered for good and never deleted, but for messages.
    private static let numbered = [
        ServiceName.customer: ["customer"], ServiceName.order: ["orders", "saga_instance"],
    ]

    // MARK: Messages

    /// The messages that were changed after they were sent.
    func changedMessages() throws -> [String] {
        var changed: [String] = []
        var after = 0
        while true {
            let page = try Outbox(view).messages(after: after, limit: pageSize)
            guard let last = page.last else { return changed }
            changed += page.compactMap { entry in
                entry.message.defect.map { "\(entry.message.id): \($0)" }
            }
            after = last.message.id.number
        }
    }

    // MARK: Numbers

    /// The tables that do not hold as many rows as have been numbered, and the counters that are behind
    /// their tables.
    func missingRows() throws -> [String] {
        let counters = try view.counters()
        let tables = (Self.numbered[view.storeName] ?? []) + ["message"]
        return try tables.flatMap { table in
            let counter = counters[table] ?? 0
            let row = try view.rows(
                SQL(unsafeText: "SELECT count(*), coalesce(max(id), 0) FROM \(table)"))[0]
            let (count, highest): (Int, Int) = try row.values()
            if highest > counter {
                return ["the counter of \(table) is at \(counter), and there is a row \(highest)"]
            }
            let purged = table == "message" ? try Outbox(view).purgedCount() : 0
            let gone = try counter - count - purged - Identities(view).lostCount(of: table)
            if gone == 0 { return [] }
            return [
                "\(counter) rows of \(table) have been numbered, and \(abs(gone)) of them "
                    + (gone > 0 ? "are gone" : "are too many")
            ]
        }
    }

    // MARK: What events tell

    /// The orders that are not as their events tell, as far as these have not been purged.
    func misrepresentedOrders() throws -> [String] {
        let events = try eventsByAggregate(Channel.order)
        let rows = try view.rows(
            """
            SELECT id, customer_id, total, saga, saga_id, rejection_reason FROM orders ORDER BY id
            """)
        return try rows.flatMap { row in
            let (id, customer, total, saga, sagaID, reason):
                (Int, Int, Money, String, String?, String?) = try row.values()
            var wrong: [String] = []
            if (saga == SagaKind.orchestration.rawValue) != (sagaID != nil) {
                wrong.append("order \(id) is \(saga), and its saga is \(sagaID ?? "none")")
            }
            for event in events["\(id)"] ?? [] {
                let told = try? WireFormat.decode(ToldOrder.self, from: event.payload)
                guard let told else { continue }
                let details = told.orderDetails
                if details.customerId != customer || details.orderTotal != total {
                    wrong.append(
                        "order \(id) is of customer \(customer), \(total); \(event.id) tells "
                            + "customer \(details.customerId), \(details.orderTotal)")
                }
                if let kind = told.saga?.rawValue, kind != saga {
                    wrong.append("order \(id) is \(saga); \(event.id) tells \(kind)")
                }
                if let rejection = told.rejectionReason?.rawValue, rejection != reason {
                    wrong.append(
                        "order \(id) has the reason \(reason ?? "none"); \(event.id) tells "
                            + rejection)
                }
            }
            return wrong
        }
    }

    /// The customers that are not as their first event tells.
    func misrepresentedCustomers() throws -> [String] {
        let rows = try view.rows("SELECT id, name, credit_limit FROM customer ORDER BY id")
        let events = try eventsByAggregate(Channel.customer)
        return try rows.compactMap { row in
            let (id, name, limit): (Int, String, Money) = try row.values()
            let event = events["\(id)"]?.first { $0.type == CustomerCreated.eventType }
            guard let event,
                let told = try? WireFormat.decode(CustomerCreated.self, from: event.payload),
                told.name != name || told.creditLimit != limit
            else { return nil }
            return "customer \(id) is not as \(event.id) tells"
        }
    }

    /// All that an order's events may tell.
    private struct ToldOrder: Decodable {
        let orderDetails: OrderDetails
        let saga: SagaKind?
        let rejectionReason: RejectionReason?
    }

    private func eventsByAggregate(_ channel: String) throws -> [String: [Message]] {
        var events: [String: [Message]] = [:]
        var after = 0
        while true {
            let page = try Outbox(view).messages(after: after, limit: pageSize)
            guard let last = page.last else { return events }
            for entry in page where entry.message.destination == channel {
                events[entry.message.partitionID, default: []].append(entry.message)
            }
            after = last.message.id.number
        }
    }

    // MARK: Sagas

    /// The orders whose saga is gone, cannot be read, or says something else than the order or the
    /// saga's own log.
    func brokenSagas() throws -> [String] {
        struct Known: Decodable {
            let orderId: Int
        }
        let rows = try view.rows(
            "SELECT id, state, saga_id FROM orders WHERE saga_id IS NOT NULL ORDER BY id")
        return try rows.flatMap { row -> [String] in
            let (id, state, sagaID): (Int, OrderState, String) = try row.values()
            let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
            let name = "\(reference) of order \(id)"
            let overview: SagaOverview?
            do {
                overview = try Sagas.overview(of: reference, in: view)
            } catch let StoreError.unexpectedRow(detail) {
                return ["\(name): \(detail)"]
            }
            guard let overview else { return ["\(name) is gone"] }
            var wrong: [String] = []
            let known = try? WireFormat.decode(Known.self, from: overview.data)
            if known?.orderId != id { wrong.append("\(name): its data is not about the order") }
            if !allows(overview.state, state) {
                wrong.append("\(name) is \(overview.state), and the order is \(state.rawValue)")
            }
            if try !Sagas.isConsistent(reference, in: view) {
                wrong.append("\(name): its columns and its state do not agree")
            }
            let log = try Sagas.log(of: reference, in: view)
            if log.first?.event != .started || !isEnd(log, of: overview.state) {
                wrong.append("\(name): its log does not tell how it came to its state")
            }
            return wrong
        }
    }

    private func allows(_ saga: SagaState, _ order: OrderState) -> Bool {
        switch saga {
        case .running: order == .pending
        case .completed: order == .approved || order == .cancelled
        case .rolledBack: order == .rejected
        case .compensating, .failed: true
        }
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
}
