package import Contracts

/// An order and the rules of its life. A rule that does not allow something answers with what is the
/// case instead; nothing then changes.
package struct Order: Hashable, Sendable, Codable {
    package let id: Int
    package let customerID: Int
    package let total: Money
    package let saga: SagaKind
    /// The id of the saga that orchestrates it; nil for a choreographed order.
    package internal(set) var sagaID: String?
    package internal(set) var state: OrderState
    package internal(set) var rejectionReason: RejectionReason?

    package init(
        id: Int, customerID: Int, total: Money, saga: SagaKind, state: OrderState = .pending,
        rejectionReason: RejectionReason? = nil
    ) {
        self.id = id
        self.customerID = customerID
        self.total = total
        self.saga = saga
        self.state = state
        self.rejectionReason = rejectionReason
    }

    /// What the order's events tell of it.
    package var details: OrderDetails { OrderDetails(customerId: customerID, orderTotal: total) }

    /// `PENDING` → `APPROVED`.
    ///
    /// - Returns: whether the order was pending.
    mutating func approve() -> Bool {
        guard state == .pending else { return false }
        state = .approved
        return true
    }

    /// `PENDING` → `REJECTED`.
    ///
    /// - Returns: whether the order was pending.
    mutating func reject(_ reason: RejectionReason) -> Bool {
        guard state == .pending else { return false }
        state = .rejected
        rejectionReason = reason
        return true
    }

    /// `APPROVED` → `CANCELLED`.
    ///
    /// - Returns: whether the order was approved.
    mutating func cancel() -> Bool {
        guard state == .approved else { return false }
        state = .cancelled
        return true
    }

    /// The keys of an order that is stored as JSON, those of the order over HTTP.
    private enum CodingKeys: String, CodingKey {
        case id = "orderId"
        case customerID = "customerId"
        case total = "orderTotal"
        case saga
        case sagaID = "sagaId"
        case state = "orderState"
        case rejectionReason
    }
}
