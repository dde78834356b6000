internal import Contracts
internal import Orders
internal import Tram
internal import TramWorkbench

/// What one store alone must obey, whatever the others say.
struct StoreAudit {
    let view: any Transaction

    /// The tables whose rows are numbered for good and never deleted, but for messages and sagas that
    /// were purged.
    private static let numbered = [
        ServiceName.customer: ["customer"], ServiceName.order: ["orders", "saga_instance"],
    ]

    // MARK: Messages

    /// The messages that were changed after they were sent, and how that is known.
    func changedMessages() throws -> [(message: MessageID, defect: String)] {
        var changed: [(message: MessageID, defect: String)] = []
        var after = 0
        while true {
            let page = try Outbox(view).messages(after: after, limit: pageSize)
            guard let last = page.last else { return changed }
            changed += page.compactMap { entry in
                entry.message.defect.map { (entry.message.id, $0) }
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
                SQL(
                    unsafeText:
                        "SELECT count(*), coalesce(max(id), 0), coalesce(min(id), 1) FROM \(table)")
            )[0]
            let (count, highest, lowest): (Int, Int, Int) = try row.values()
            if lowest < 1 { return ["\(table) has a row \(lowest), and rows count from 1"] }
            if highest > counter {
                return ["the counter of \(table) is at \(counter), and there is a row \(highest)"]
            }
            let purged =
                switch table {
                case "message": try Outbox(view).purgedCount()
                case "saga_instance": try Sagas.purgedCount(in: view)
                default: 0
                }
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
    ///
    /// - Parameter isExcluded: whether an event is known to be wrong.
    func misrepresentedOrders(except isExcluded: (MessageID) -> Bool) throws -> [String] {
        var orders: [Int: OrderFacts] = [:]
        var wrong: [(order: Int, text: String)] = []
        let rows = try view.rows(
            "SELECT id, customer_id, total, saga, saga_id, rejection_reason FROM orders")
        for row in rows {
            let (id, customer, total, saga, sagaID, reason):
                (Int, Int, Money, String, String?, String?) = try row.values()
            orders[id] = OrderFacts(customer: customer, total: total, saga: saga, reason: reason)
            if (saga == SagaKind.orchestration.rawValue) != (sagaID != nil) {
                wrong.append((id, "order \(id) is \(saga), and its saga is \(sagaID ?? "none")"))
            }
        }
        try forEachEvent(on: Channel.order) { event in
            guard let order = orders[event.aggregate], !isExcluded(event.message),
                let told = try? WireFormat.decode(ToldOrder.self, from: event.payload)
            else { return }
            wrong += order.differences(from: told, by: event.message).map {
                (event.aggregate, "order \(event.aggregate) \($0)")
            }
        }
        return wrong.sorted { $0.order < $1.order }.map(\.text)
    }

    /// What the Order Service's own row says of an order.
    private struct OrderFacts {
        let customer: Int
        let total: Money
        let saga: String
        let reason: String?

        func differences(from told: ToldOrder, by event: MessageID) -> [String] {
            let details = told.orderDetails
            var differences: [String] = []
            if details.customerId != customer || details.orderTotal != total {
                differences.append(
                    "is of customer \(customer), \(total); \(event) tells "
                        + "customer \(details.customerId), \(details.orderTotal)")
            }
            if let kind = told.saga?.rawValue, kind != saga {
                differences.append("is \(saga); \(event) tells \(kind)")
            }
            if let rejection = told.rejectionReason?.rawValue, rejection != reason {
                differences.append(
                    "has the reason \(reason ?? "none"); \(event) tells \(rejection)")
            }
            return differences
        }
    }

    /// All that an order's events may tell.
    private struct ToldOrder: Decodable {
        let orderDetails: OrderDetails
        let saga: SagaKind?
        let rejectionReason: RejectionReason?
    }

    /// The customers that are not as their first event tells.
    ///
    /// - Parameter isExcluded: whether an event is known to be wrong.
    func misrepresentedCustomers(except isExcluded: (MessageID) -> Bool) throws -> [String] {
        var wrong: [String] = []
        try forEachEvent(on: Channel.customer) { event in
            guard event.type == CustomerCreated.eventType, !isExcluded(event.message),
                let told = try? WireFormat.decode(CustomerCreated.self, from: event.payload),
                let row = try view.rows(
                    "SELECT name, credit_limit FROM customer WHERE id = \(event.aggregate)"
                ).first
            else { return }
            let (name, limit): (String, Money) = try row.values()
            if told.name != name || told.creditLimit != limit {
                wrong.append("customer \(event.aggregate) is not as \(event.message) tells")
            }
        }
        return wrong
    }

    /// What an event's row tells without its headers.
    private struct Event {
        let message: MessageID
        let type: String
        let aggregate: Int
        let payload: String
    }

    /// Calls `body` for the events on a channel, page by page.
    private func forEachEvent(on channel: String, _ body: (Event) throws -> Void) throws {
        var after = 0
        while true {
            let page = try view.rows(
                """
                SELECT id, type, partition_id, payload FROM message
                WHERE destination = \(channel) AND id > \(after) ORDER BY id LIMIT \(pageSize)
                """)
            if page.isEmpty { return }
            for row in page {
                let (number, type, partition, payload): (Int, String, String, String) =
                    try row.values()
                after = number
                guard let aggregate = Int(partition) else { continue }
                try body(
                    Event(
                        message: MessageID(service: view.storeName, number: number), type: type,
                        aggregate: aggregate, payload: payload))
            }
        }
    }
}
