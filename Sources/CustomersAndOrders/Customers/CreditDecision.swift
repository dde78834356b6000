internal import Contracts
internal import Tram

/// What the Customer Service decides about an order, whichever way it was asked.
enum CreditDecision {
    case reserved(of: Money)
    case alreadyReserved
    case limitExceeded(Customer)
    case unknownCustomer

    /// Decides, and reserves the credit if the answer is yes.
    static func decide(
        order orderID: Int, customer customerID: Int, total: Money, in transaction: any Transaction
    ) throws -> CreditDecision {
        let customers = CustomerRepository(transaction)
        guard var customer = try customers.find(customerID) else { return .unknownCustomer }
        guard try customers.reservation(forOrder: orderID) == nil else { return .alreadyReserved }
        guard customer.reserve(total) else { return .limitExceeded(customer) }
        try customers.save(
            Reservation(orderID: orderID, customerID: customerID, amount: total), of: customer)
        return .reserved(of: customer.creditLimit)
    }

    /// The decision in words.
    func description(order orderID: Int, customer customerID: Int, total: Money) -> String {
        switch self {
        case .reserved(let limit): "reserved \(total) of \(limit) for order \(orderID)"
        case .alreadyReserved: "credit is already reserved for order \(orderID)"
        case .limitExceeded(let customer):
            "no credit for order \(orderID): \(total) asked, "
                + "\(customer.available) of \(customer.creditLimit) available"
        case .unknownCustomer:
            "customer \(customerID) does not exist, order \(orderID) cannot be paid"
        }
    }
}
