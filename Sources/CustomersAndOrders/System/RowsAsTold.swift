internal import Contracts
internal import Orders
internal import Tram
internal import TramWorkbench

/// Whether a service's rows are as the events tell that it has published.
struct RowsAsTold {
    let view: any Transaction

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
