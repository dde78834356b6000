internal import Contracts
package import Customers
package import OrderHistory
package import Orders
package import Tram

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
}

extension CustomerHistory {
    /// The orders are keyed by their ids.
    package var jsonMembers: [JSON.Member] {
        let orders = orders.map {
            JSON.Member(
                "\($0.id)",
                ["state": .string($0.state.rawValue), "orderTotal": .amount($0.total)])
        }
        return [
            JSON.Member("id", .integer(id)),
            JSON.Member("orders", .object(orders)),
            JSON.Member("name", .optional(customer?.name)),
            JSON.Member("creditLimit", .amount(customer?.creditLimit)),
        ]
    }
}

extension Delivery {
    package var json: JSON {
        [
            "message": .string(message.id.description),
            "type": .string(message.type),
            "from": .string(source),
            "to": .string(subscriber),
            "outcome": .string(receipt.outcome.rawValue),
            "effects": .strings(receipt.effects),
            "published": .strings(receipt.published.map(\.id.description)),
        ]
    }
}

extension PassSummary {
    /// What `tram relay run --json` prints of a pass.
    package func json(deliveries: [JSON], expired: [String]) -> JSON {
        .object(
            [
                JSON.Member("pass", .integer(number)),
                JSON.Member("messages", .integer(messages)),
                JSON.Member("deliveries", .array(deliveries)),
                JSON.Member("duplicates", .integer(duplicates)),
                JSON.Member("failed", .integer(failed)),
                JSON.Member("pending", .integer(pending)),
                JSON.Member("idle", .bool(isIdle)),
            ] + (expired.isEmpty ? [] : [JSON.Member("expired", .strings(expired))]))
    }
}
