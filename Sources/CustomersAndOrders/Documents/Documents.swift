internal import Contracts
package import Customers
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
}
