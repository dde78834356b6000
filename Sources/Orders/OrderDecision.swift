internal import Contracts
internal import Tram

/// Moves a pending order to its end state and publishes that, whichever saga has decided.
enum OrderDecision {
    static func approve(_ id: Int, in transaction: any Transaction) throws -> HandlerOutcome {
        let orders = OrderRepository(transaction)
        guard var order = try orders.find(id) else { throw OrderError.notFound(id) }
        guard order.approve() else {
            return .ignored("order \(id) is already \(order.state.rawValue)")
        }
        try orders.update(order)
        try transaction.publish(OrderApproved(orderDetails: order.details), about: id)
        return .handled("order \(id) APPROVED")
    }

    static func reject(
        _ id: Int, _ reason: RejectionReason, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        let orders = OrderRepository(transaction)
        guard var order = try orders.find(id) else { throw OrderError.notFound(id) }
        guard order.reject(reason) else {
            return .ignored("order \(id) is already \(order.state.rawValue)")
        }
        try orders.update(order)
        try transaction.publish(
            OrderRejected(orderDetails: order.details, rejectionReason: reason), about: id)
        return .handled("order \(id) REJECTED: \(reason.rawValue)")
    }
}
