internal import Contracts
internal import CustomersAndOrders
package import OrderHistory
package import Orders
internal import Tram
package import TramWorkbench

// What the services' facts look like in JSON, wherever they are told: the original's keys, unchanged,
// and further ones.

extension Order {
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
