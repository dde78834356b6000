internal import Contracts
package import Tram

/// The facts of all three stores at one instant: all that the invariants speak of, and nothing that
/// depends on a clock. Two systems in the same state have equal snapshots.
package struct SystemSnapshot: Hashable, Sendable {
    var customers: [CustomerRow]
    var reservations: [ReservationRow]
    var orders: [OrderRow]
    var messages: [MessageRow]
    /// By subscriber: the ids of the messages that it has handled, but for those that were purged.
    var handled: [String: Set<String>]
    /// What stands for rows of inboxes that were purged.
    var positions: [InboxPosition]
    /// By service: the highest number of a message that has been purged.
    var purged: [String: Int]
    var viewedCustomers: [ViewedCustomerRow]
    var viewedOrders: [ViewedOrderRow]
    var sagas: [SagaRow]
    /// The locks and the stashed commands of sagas.
    var locks: [LockRow]

    struct LockRow: Hashable {
        var sagaID: String
        var row: Row
    }

    struct SagaRow: Hashable {
        var reference: String
        var id: String
        var hasEnded: Bool
        /// Everything else about where it stands.
        var rest: Row
    }

    struct CustomerRow: Hashable {
        var id: Int
        var name: String
        var creditLimit: Money
        var reserved: Money
    }

    struct ReservationRow: Hashable {
        var orderID: Int
        var customerID: Int
        var amount: Money
    }

    struct OrderRow: Hashable {
        var id: Int
        var customerID: Int
        var total: Money
        var sagaID: String?
        var state: OrderState
    }

    struct MessageRow: Hashable {
        var id: MessageID
        var type: String
        var channel: String
        var partitionID: String
        var isPublished: Bool
        /// Whether everyone who has not handled it has parked it.
        var isParked: Bool
    }

    struct ViewedCustomerRow: Hashable {
        var id: Int
        var name: String?
        var creditLimit: Money?
    }

    struct ViewedOrderRow: Hashable {
        var id: Int
        var customerID: Int
        var state: OrderState
        var total: Money
    }

    /// Reads the facts.
    package init(
        customers: any Transaction, orders: any Transaction, history: any Transaction
    ) throws {
        self.customers = try customers.rows(
            "SELECT id, name, credit_limit, reserved FROM customer ORDER BY id"
        ).map {
            let (id, name, limit, reserved): (Int, String, Money, Money) = try $0.values()
            return CustomerRow(id: id, name: name, creditLimit: limit, reserved: reserved)
        }
        reservations = try customers.rows(
            "SELECT order_id, customer_id, amount FROM credit_reservation ORDER BY order_id"
        ).map {
            let (order, customer, amount): (Int, Int, Money) = try $0.values()
            return ReservationRow(orderID: order, customerID: customer, amount: amount)
        }
        self.orders = try orders.rows(
            "SELECT id, customer_id, total, saga_id, state FROM orders ORDER BY id"
        ).map {
            let (id, customer, total, saga, state): (Int, Int, Money, String?, OrderState) =
                try $0.values()
            return OrderRow(
                id: id, customerID: customer, total: total, sagaID: saga, state: state)
        }
        viewedCustomers = try history.rows(
            "SELECT id, name, credit_limit FROM customer_view ORDER BY id"
        ).map {
            let (id, name, limit): (Int, String?, Money?) = try $0.values()
            return ViewedCustomerRow(id: id, name: name, creditLimit: limit)
        }
        viewedOrders = try history.rows(
            "SELECT id, customer_id, state, total FROM order_view ORDER BY id"
        ).map {
            let (id, customer, state, total): (Int, Int, OrderState, Money) = try $0.values()
            return ViewedOrderRow(id: id, customerID: customer, state: state, total: total)
        }
        sagas = try orders.rows(
            """
            SELECT saga_type, saga_id, end_state, state_name, last_request_id, saga_data_json,
                executed_steps, attempts
            FROM saga_instance ORDER BY id
            """
        ).map {
            let (type, id, end): (String, String, Int) = try $0.values()
            return SagaRow(reference: "\(type) \(id)", id: id, hasEnded: end == 1, rest: $0)
        }
        locks = try [
            customers.rows("SELECT saga_id, target, saga_type FROM saga_lock_table"),
            customers.rows(
                "SELECT saga_id, message_id, target FROM saga_stash_table ORDER BY sequence"),
        ].joined().map { row in
            let id: String = try row.values()
            return LockRow(sagaID: id, row: row)
        }
        messages = []
        handled = [:]
        positions = []
        purged = [:]
        for transaction in [customers, orders, history] { try readMessaging(transaction) }
    }

    private mutating func readMessaging(_ transaction: any Transaction) throws {
        let service = transaction.storeName
        messages += try transaction.rows(
            "SELECT id, type, destination, partition_id, published, aside FROM message ORDER BY id"
        ).map {
            let (number, type, channel, partition, published, aside):
                (Int, String, String, String, Int, Int) = try $0.values()
            return MessageRow(
                id: MessageID(service: service, number: number), type: type, channel: channel,
                partitionID: partition, isPublished: published == 1,
                isParked: published == 0 && aside == 1)
        }
        let received = try transaction.rows("SELECT consumer_id, message_id FROM received_messages")
        for row in received {
            let (subscriber, message): (String, String) = try row.values()
            handled[subscriber, default: []].insert(message)
        }
        positions += try Inbox(transaction).positions()
        purged[service] = try Outbox(transaction).purgedThrough()
    }

    /// Whether a subscriber has handled a message, also one whose row was purged.
    func hasHandled(_ message: MessageID, _ subscriber: String) -> Bool {
        if handled[subscriber]?.contains(message.description) ?? false { return true }
        return positions.contains {
            $0.subscriber == subscriber && $0.source == message.service
                && $0.through >= message.number
        }
    }
}
