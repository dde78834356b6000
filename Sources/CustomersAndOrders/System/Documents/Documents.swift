internal import Contracts
package import Customers
package import OrderHistory
package import Orders
package import TramWorkbench

// What the services' facts look like in JSON, wherever they are told: the original's keys, unchanged,
// and further ones.

extension Customer {
    package var jsonMembers: [JSON.Member] {
        [
            JSON.Member("customerId", .integer(id)),
            JSON.Member("name", .string(name.description)),
            JSON.Member("creditLimit", .amount(creditLimit)),
        ]
    }

    package var jsonCreditMembers: [JSON.Member] {
        [
            JSON.Member("reserved", .amount(reserved)),
            JSON.Member("available", .amount(available)),
        ]
    }
}

extension Order {
    package var jsonMembers: [JSON.Member] {
        [
            JSON.Member("orderId", .integer(id)),
            JSON.Member("orderState", .string(state.rawValue)),
            JSON.Member("rejectionReason", .optional(rejectionReason?.rawValue)),
            JSON.Member("customerId", .integer(customerID)),
            JSON.Member("orderTotal", .amount(total)),
            JSON.Member("saga", .string(saga.rawValue)),
        ]
    }

    /// The same with what the order waits for.
    package func jsonMembers(_ wait: SagaWait) -> [JSON.Member] {
        jsonMembers + [
            JSON.Member("waitingFor", .array(wait.deliveries.map(\.json))),
            JSON.Member("stuck", .bool(wait.isStuck)),
        ]
    }

    /// The whole document about an order.
    package func json(_ wait: SagaWait) -> JSON {
        .object(jsonMembers(wait) + wait.jsonRetryMembers)
    }
}

extension CustomerHistory {
    /// The orders are keyed by their ids.
    package var jsonMembers: [JSON.Member] {
        [
            JSON.Member("id", .integer(id)),
            JSON.Member("orders", .object(orders.map(\.jsonMember))),
            JSON.Member("name", .optional(customer?.name)),
            JSON.Member("creditLimit", .amount(customer?.creditLimit)),
        ]
    }
}

extension ViewedCustomer {
    /// The text of the customer's history, in two parts: the orders belong between them.
    package var jsonAroundOrders: (before: String, after: String) {
        let members = CustomerHistory(id: id, customer: known, orders: []).jsonMembers
        // Each object ends with its brace, and the orders are the second member.
        let before = JSON.object(Array(members.prefix(2))).text.dropLast(2)
        let after = JSON.object(Array(members.dropFirst(2))).text.dropFirst()
        return (String(before), "}," + after)
    }
}

extension OrderView {
    /// The order under its id.
    package var jsonMember: JSON.Member {
        JSON.Member(
            "\(id)", ["state": .string(state.rawValue), "orderTotal": .amount(total)])
    }
}
