internal import Contracts
internal import Tram

/// Moves a pending order to its end state and publishes that, whichever saga has decided.
enum OrderDecision {
    static func approve(_ id: Int, in transaction: any Transaction) throws -> HandlerOutcome {
        let orders = OrderRepository(transaction)
        guard var order = try orders.find(id) else { return try unknown(id, transaction) }
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
        guard var order = try orders.find(id) else { return try unknown(id, transaction) }
        guard order.reject(reason) else {
            return .ignored("order \(id) is already \(order.state.rawValue)")
        }
        try orders.update(order)
        try transaction.publish(
            OrderRejected(orderDetails: order.details, rejectionReason: reason), about: id)
        return .handled("order \(id) REJECTED: \(reason.rawValue)")
    }

    /// What others still tell of an order that is lost, since an older copy of the store was put back,
    /// concerns nobody any more. There is no other order that is not there.
    private static func unknown(
        _ id: Int, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard try Identities(transaction).isLost(id, of: "orders") else {
            throw OrderError.notFound(id)
        }
        return .ignored("order \(id) is lost")
    }
}
